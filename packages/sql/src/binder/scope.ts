/**
 * What names mean inside one query: its sources in the order of FROM, each a run of columns of the row at hand.
 */
import type { Field } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList, Note } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import { typeText } from '../functions/index.ts'
import type { Expr } from '../plan.ts'
import type { Span } from '../span.ts'
import type { DialectName } from '../syntax/dialect.ts'
import type { Identifier } from '../syntax/tree.ts'

export interface ScopeSource {
  /** The alias, or the name of the stream; undefined for a subquery without alias. */
  readonly name: string | undefined
  readonly fields: readonly Field[]
  /** Index of the first column in the row. */
  readonly offset: number
  /** What `name.ROWTIME` means; undefined for tables, where ROWTIME is an ordinary name. */
  readonly rowtime: Expr | undefined
  readonly span: Span
  /** Fields at the end that `*` and common names leave out. */
  readonly hidden?: number
}

export interface Scope {
  readonly sources: readonly ScopeSource[]
  /** What ROWTIME without a source means; undefined where there is no row time. */
  readonly rowtime: Expr | undefined
  /** Columns that USING or NATURAL made one: by name, what the name means, and the right-hand index that `*` leaves out. */
  readonly merged: ReadonlyMap<string, { readonly expr: Expr; readonly hidden: number }>
}

/** The fields that `*` stands for. */
export function visibleFields({ fields, hidden }: ScopeSource): readonly Field[] {
  return hidden === undefined || hidden === 0 ? fields : fields.slice(0, fields.length - hidden)
}

export const rowtimeName = 'ROWTIME'

export function columnExpr(source: ScopeSource, index: number, span: Span): Expr {
  const field = source.fields[index]!
  return { kind: 'column', index: source.offset + index, type: field.type, nullable: field.nullable, span }
}

/**
 * The expression that a name stands for: a column, a column of a source, and in Flink SQL fields of ROW columns behind
 * either (`source.column.field.field`). A first part that is a source wins over a column of that name.
 */
export function resolveName(
  scope: Scope,
  parts: readonly Identifier[],
  span: Span,
  diagnostics: DiagnosticList,
  dialect: DialectName = 'kda',
): Expr {
  const first = parts[0]!
  if (dialect === 'flink') {
    // A column of that name whose field is asked for is meant where the source has no such column.
    const second = parts[1]?.name
    const isColumn = scope.merged.has(first.name) || hasColumn(scope.sources, first.name)
    const own = scope.sources.filter((source) => source.name === first.name)
    if (parts.length > 1 && (!isColumn || (second !== undefined && hasColumn(own, second)))) {
      const column = resolveQualified(scope, first, parts[1]!, diagnostics, dialect)
      return resolveFields(column, parts.slice(2), diagnostics)
    }
    const column = resolveColumn(scope, first, first.span, diagnostics, dialect)
    return resolveFields(column, parts.slice(1), diagnostics)
  }
  const column = parts.at(-1)!
  const field = rowField(scope, parts, span)
  if (field !== undefined) return field
  if (parts.length > 2) {
    return diagnostics.fail(
      codes.notSupported,
      span,
      `fields of a row-valued column (${parts.map((part) => part.name).join('.')}) are not supported. Take the text apart with SUBSTRING or REGEX_REPLACE.`,
    )
  }
  if (parts.length === 2) return resolveQualified(scope, parts[0]!, column, diagnostics, dialect)
  return resolveColumn(scope, column, span, diagnostics, dialect)
}

/**
 * Fields of a row-valued item of a subquery are columns under the item's name and their own, with this between; the item
 * counts as one column where an alias lists names.
 */
export const rowFieldMark = '\u001f'

/** [source.]item.field */
function rowField(scope: Scope, parts: readonly Identifier[], span: Span): Expr | undefined {
  if (parts.length < 2) return undefined
  const name = parts
    .slice(-2)
    .map((part) => part.name)
    .join(rowFieldMark)
  const sources = scope.sources.filter((source) => parts.length === 2 || source.name === parts[0]!.name)
  for (const source of sources) {
    const index = source.fields.findIndex((field) => field.name === name)
    if (index >= 0) return columnExpr(source, index, span)
  }
  return undefined
}

function hasColumn(sources: readonly ScopeSource[], name: string): boolean {
  return sources.some((source) => source.fields.some((field) => field.name === name))
}

function resolveColumn(
  scope: Scope,
  column: Identifier,
  span: Span,
  diagnostics: DiagnosticList,
  dialect: DialectName,
): Expr {
  if (column.name === rowtimeName && scope.rowtime !== undefined) return { ...scope.rowtime, span }
  const merged = scope.merged.get(column.name)
  if (merged !== undefined) return { ...merged.expr, span }
  const found = scope.sources.flatMap((source) => {
    const index = source.fields.findIndex((field) => field.name === column.name)
    return index < 0 ? [] : [{ source, index }]
  })
  if (found.length === 1) return columnExpr(found[0]!.source, found[0]!.index, span)
  if (found.length > 1) {
    const forms = found.map(({ source }) => `${source.name ?? '?'}.${quoteIfNeeded(column.name, dialect)}`)
    return diagnostics.fail(
      codes.ambiguousColumn,
      span,
      `"${column.name}" is a column of ${found.length} sources. Write ${forms.join(' or ')}.`,
    )
  }
  return failUnknown(scope.sources, column, diagnostics, dialect)
}

/** operand.name.name...: fields of a ROW. A field of NULL is NULL. */
export function resolveFields(
  operand: Expr,
  names: readonly Identifier[],
  diagnostics: DiagnosticList,
): Expr {
  let expr = operand
  for (const name of names) {
    const span = { start: operand.span.start, end: name.span.end }
    if (expr.type.kind !== 'ROW') {
      return diagnostics.fail(
        codes.unknownColumn,
        name.span,
        `.${name.name} asks for a field, but what stands before it is ${typeText(expr.type)}, not ROW. Remove it, or name a column of type ROW.`,
      )
    }
    const { fields } = expr.type
    const index = fields.findIndex((field) => field.name === name.name)
    const field = fields[index]
    if (field === undefined) {
      const known = fields.map((each) => each.name)
      return diagnostics.fail(
        codes.unknownColumn,
        name.span,
        `the row has no field "${name.name}".${didYouMean(name.name, known)} Fields: ${known.map((each) => `"${each}"`).join(', ')}.`,
      )
    }
    const position: Expr = {
      kind: 'literal',
      value: index,
      type: { kind: 'INTEGER' },
      nullable: false,
      span: name.span,
    }
    expr = {
      kind: 'call',
      fn: 'FIELD',
      args: [expr, position],
      type: field.type,
      nullable: expr.nullable || field.nullable,
      span,
    }
  }
  return expr
}

function resolveQualified(
  scope: Scope,
  qualifier: Identifier,
  column: Identifier,
  diagnostics: DiagnosticList,
  dialect: DialectName,
): Expr {
  const source = findSource(scope, qualifier, diagnostics)
  const span = { start: qualifier.span.start, end: column.span.end }
  if (column.name === rowtimeName && source.rowtime !== undefined) return { ...source.rowtime, span }
  const index = source.fields.findIndex((field) => field.name === column.name)
  return index < 0 ? failUnknown([source], column, diagnostics, dialect) : columnExpr(source, index, span)
}

export function findSource(scope: Scope, qualifier: Identifier, diagnostics: DiagnosticList): ScopeSource {
  const found = scope.sources.filter((source) => source.name === qualifier.name)
  if (found.length === 1) return found[0]!
  const names = scope.sources.flatMap((source) => source.name ?? [])
  const notes: Note[] = scope.sources.map((source) => ({
    span: source.span,
    message: `this source is called ${source.name ?? '(nothing)'}`,
  }))
  if (found.length > 1) {
    return diagnostics.fail(
      codes.ambiguousColumn,
      qualifier.span,
      `two sources are called "${qualifier.name}". Give them different aliases with AS.`,
      notes,
    )
  }
  return diagnostics.fail(
    codes.unknownRelation,
    qualifier.span,
    `no source of this query is called "${qualifier.name}".${didYouMean(qualifier.name, names)} Allowed: ${names.join(', ') || 'none'}.`,
    notes,
  )
}

function failUnknown(
  sources: readonly ScopeSource[],
  column: Identifier,
  diagnostics: DiagnosticList,
  dialect: DialectName,
): never {
  const names = sources.flatMap((source) => source.fields.map((field) => field.name))
  const otherCase = names.find(
    (name) => name !== column.name && name.toUpperCase() === column.name.toUpperCase(),
  )
  const where =
    sources.length === 1 ? `"${sources[0]!.name ?? 'the subquery'}" has no column` : 'no source has a column'
  const advice =
    otherCase === undefined
      ? didYouMean(column.name, names)
      : dialect === 'flink'
        ? ` Did you mean "${otherCase}"? Names count with their case.`
        : ` Did you mean "${otherCase}"? Names without quotes are read in upper case; write "${otherCase}" in double quotes.`
  const shown = names
    .slice(0, 20)
    .map((name) => `"${name}"`)
    .join(', ')
  const allowed = `Columns: ${shown === '' ? 'none' : shown}${names.length > 20 ? ', ...' : ''}.`
  return diagnostics.fail(codes.unknownColumn, column.span, `${where} "${column.name}".${advice} ${allowed}`)
}

function quoteIfNeeded(name: string, dialect: DialectName): string {
  if (dialect === 'flink')
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``
  return /^[A-Z_][A-Z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
