/**
 * What the transformation rules make of one table: its new schema, and for each of its columns where the value comes from. One action
 * for each object, as in DMS: two rules that rename a table, or rename and retype a column, contradict each other and are refused.
 */
import type { Column, TableSchema } from '../model/table-schema.ts'
import { type Convert, makeConvert } from './convert-value.ts'
import { compileExpression, type Expression } from './expression/compile-expression.ts'
import { ruleError } from './rules-error.ts'
import { locates } from './selection.ts'
import type {
  AddRule,
  BeforeImageRule,
  ColumnRule,
  NameRule,
  TransformationRule,
  TypeRule,
} from './transformation.ts'

/** Where a column of the new row comes from. */
export type ColumnOrigin =
  /** A column of the source, by its index. */
  | { readonly kind: 'column'; readonly index: number; readonly convert: Convert | undefined }
  /** The same of the row before an update; null elsewhere. */
  | { readonly kind: 'before'; readonly index: number; readonly convert: Convert | undefined }
  | {
      readonly kind: 'expression'
      readonly expression: Expression
      readonly rule: AddRule
      readonly where: string
    }

export interface TransformedSchema {
  /** The source's own object where no rule concerns it. */
  readonly schema: TableSchema
  readonly origins: readonly ColumnOrigin[]
  /** Rows are the source's rows. */
  readonly keepsRows: boolean
}

interface Planned {
  readonly column: Column
  readonly origin: ColumnOrigin
}

export function transformSchema(all: readonly TransformationRule[], source: TableSchema): TransformedSchema {
  const rules = all.filter(({ locator }) => locates(locator, source))
  for (const rule of rules) refuseMissingColumn(rule, source)
  const schemaName = nameOf(rules, 'schema', source.schema, source)
  const tableName = nameOf(rules, 'table', source.table, source)
  const planned = [
    ...source.columns.flatMap((column, index) => planColumn(rules, source, column, index)),
    ...rules.flatMap((rule) =>
      rule.kind === 'add-before-image-columns' ? planBeforeImages(rule, rules, source) : [],
    ),
    ...rules.flatMap((rule) => (rule.kind === 'add-column' ? [planAdded(rule, source)] : [])),
  ]
  refuseEqualNames(planned, rules, source)
  const origins = planned.map(({ origin }) => origin)
  const key = keyOf(rules, source, planned)
  const keepsRows =
    origins.length === source.columns.length &&
    origins.every(
      (origin, i) => origin.kind === 'column' && origin.index === i && origin.convert === undefined,
    )
  const isSame =
    keepsRows &&
    schemaName === source.schema &&
    tableName === source.table &&
    planned.every(({ column }, i) => column.name === source.columns[i]!.name) &&
    key.length === source.key.length &&
    key.every((index, i) => index === source.key[i])
  if (isSame) return { schema: source, origins, keepsRows }
  const columns = planned.map(({ column }) => column)
  return { schema: { schema: schemaName, table: tableName, columns, key }, origins, keepsRows }
}

/** A rule that names a column without wildcards, of a table without wildcards, means one that is there. */
function refuseMissingColumn(rule: TransformationRule, source: TableSchema): void {
  if (!('column' in rule) || (rule.kind === 'name' && rule.target !== 'column')) return
  const { column, locator } = rule
  if (column.hasWildcards || locator.schema.hasWildcards || locator.table.hasWildcards) return
  if (source.columns.some(({ name }) => column.matches(name))) return
  throw ruleError(
    rule.rule.place,
    'object-locator.column-name',
    column.text,
    `a column of ${source.schema}.${source.table}: ${namesOf(source)}`,
    'Names are case-sensitive.',
  )
}

function namesOf(source: TableSchema): string {
  return source.columns.map(({ name }) => name).join(', ')
}

function nameOf(
  rules: readonly TransformationRule[],
  target: NameRule['target'],
  name: string,
  source: TableSchema,
): string {
  const found = rules.filter(
    (rule): rule is NameRule =>
      rule.kind === 'name' && rule.target === target && (target !== 'column' || rule.column.matches(name)),
  )
  refuseSecond(found, `${target} ${name}`, source)
  return found[0]?.rename(name) ?? name
}

function refuseSecond(rules: readonly TransformationRule[], what: string, source: TableSchema): void {
  const [first, second] = rules
  if (first === undefined || second === undefined) return
  throw ruleError(
    second.rule.place,
    'object-locator',
    second.rule.value('object-locator'),
    `one action for each object: ${what}${what.startsWith('column') ? ` of ${source.schema}.${source.table}` : ''} is also that of rule ` +
      `${first.rule.place.id} "${first.rule.place.name}"`,
    'Leave one of the two out, or narrow its locator.',
  )
}

function planColumn(
  rules: readonly TransformationRule[],
  source: TableSchema,
  column: Column,
  index: number,
): Planned[] {
  const own = rules.filter(
    (rule): rule is ColumnRule | TypeRule | NameRule =>
      (rule.kind === 'remove-column' ||
        rule.kind === 'change-data-type' ||
        (rule.kind === 'name' && rule.target === 'column')) &&
      rule.column.matches(column.name),
  )
  refuseSecond(own, `column ${column.name}`, source)
  if (!isKept(rules, column) || own[0]?.kind === 'remove-column') return []
  const name = nameOf(rules, 'column', column.name, source)
  const [rule] = own
  if (rule?.kind !== 'change-data-type')
    return [
      {
        column: name === column.name ? column : { ...column, name },
        origin: { kind: 'column', index, convert: undefined },
      },
    ]
  const where = `rule ${rule.rule.place.id} "${rule.rule.place.name}", column ${JSON.stringify(column.name)}`
  const convert = makeConvert(column.type, rule.type, where)
  return [{ column: { ...column, type: rule.type }, origin: { kind: 'column', index, convert } }]
}

/** Where rules include columns, the others are left out. */
function isKept(rules: readonly TransformationRule[], { name }: Column): boolean {
  let isIncluded: boolean | undefined
  for (const rule of rules)
    if (rule.kind === 'include-column') isIncluded = isIncluded === true || rule.column.matches(name)
  return isIncluded ?? true
}

function planBeforeImages(
  rule: BeforeImageRule,
  rules: readonly TransformationRule[],
  source: TableSchema,
): Planned[] {
  return source.columns.flatMap((column, index): Planned[] => {
    if (!rule.column.matches(column.name) || column.type.isLarge) return []
    if (rule.filter === 'pk-only' && !source.key.includes(index)) return []
    const [own] = planColumn(rules, source, column, index)
    if (own?.origin.kind !== 'column') return []
    const name = rule.prefix + own.column.name + rule.suffix
    return [
      {
        column: { ...own.column, name, isNullable: true },
        origin: { kind: 'before', index, convert: own.origin.convert },
      },
    ]
  })
}

function planAdded(rule: AddRule, source: TableSchema): Planned {
  const expression = compileExpression(rule.expression, source)
  if ('problem' in expression)
    throw ruleError(
      rule.rule.place,
      'expression',
      rule.expression,
      `an expression as "$first || ' ' || $last"; ${expression.problem}`,
    )
  const where = `rule ${rule.rule.place.id} "${rule.rule.place.name}", column ${JSON.stringify(rule.name)}`
  return {
    column: { name: rule.name, type: rule.type, isNullable: true },
    origin: { kind: 'expression', expression, rule, where },
  }
}

function refuseEqualNames(
  planned: readonly Planned[],
  rules: readonly TransformationRule[],
  source: TableSchema,
): void {
  const seen = new Set<string>()
  for (const { column } of planned) {
    if (seen.has(column.name)) {
      const rule = rules.find(({ kind }) => kind === 'name' || kind.startsWith('add-'))
      throw ruleError(
        rule?.rule.place,
        'the column name',
        column.name,
        `a name that no other column of ${source.schema}.${source.table} ends with`,
        'Rename one of them differently, or remove it.',
      )
    }
    seen.add(column.name)
  }
}

/** Indexes of the key in the new schema. A key of which a column is gone tells no rows apart: then there is none. */
function keyOf(
  rules: readonly TransformationRule[],
  source: TableSchema,
  planned: readonly Planned[],
): readonly number[] {
  const defined = rules.filter((rule) => rule.kind === 'define-primary-key')
  refuseSecond(defined, `the key of ${source.schema}.${source.table}`, source)
  const [rule] = defined
  if (rule !== undefined)
    return rule.columns.map((name) => {
      // As the source calls it, or as rules do.
      const at = planned.findIndex(
        ({ column, origin }) =>
          column.name === name || (origin.kind === 'column' && source.columns[origin.index]!.name === name),
      )
      if (at >= 0) return at
      throw ruleError(
        rule.rule.place,
        'primary-key-def.columns',
        rule.columns,
        `columns that are left of ${source.schema}.${source.table}: ${planned.map(({ column }) => column.name).join(', ')}`,
      )
    })
  const key = source.key.map((index) =>
    planned.findIndex(({ origin }) => origin.kind === 'column' && origin.index === index),
  )
  return key.includes(-1) ? [] : key
}
