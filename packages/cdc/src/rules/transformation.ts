/**
 * Transformation rules as read: what stands in the rule is checked here, what depends on a table in transform-schema.ts. Locators name
 * schemas, tables and columns as the source has them, whatever other rules make of them, so the order of rules does not matter.
 */
import type { ColumnType } from '../model/table-schema.ts'
import { readDataType } from './data-type.ts'
import { type LikePattern, parseLike } from './like-pattern.ts'
import { type NameAction, nameActions, readNameAction } from './name-action.ts'
import type { RuleReader } from './rule-reader.ts'
import type { TableLocator } from './selection.ts'

interface Base {
  readonly rule: RuleReader
  readonly locator: TableLocator
}

export interface NameRule extends Base {
  readonly kind: 'name'
  readonly target: 'schema' | 'table' | 'column'
  readonly action: NameAction
  /** Of columns. */
  readonly column: LikePattern
  readonly rename: (name: string) => string
}

export interface ColumnRule extends Base {
  readonly kind: 'remove-column' | 'include-column'
  readonly column: LikePattern
}

export interface TypeRule extends Base {
  readonly kind: 'change-data-type'
  readonly column: LikePattern
  readonly type: ColumnType
}

export interface AddRule extends Base {
  readonly kind: 'add-column'
  readonly name: string
  readonly expression: string
  readonly type: ColumnType
}

export interface KeyRule extends Base {
  readonly kind: 'define-primary-key'
  readonly columns: readonly string[]
}

export interface BeforeImageRule extends Base {
  readonly kind: 'add-before-image-columns'
  readonly column: LikePattern
  readonly prefix: string
  readonly suffix: string
  readonly filter: 'pk-only' | 'non-lob' | 'all'
}

export type TransformationRule = NameRule | ColumnRule | TypeRule | AddRule | KeyRule | BeforeImageRule

const actionsOf = {
  schema: nameActions,
  table: [...nameActions, 'define-primary-key'],
  column: [
    ...nameActions,
    'remove-column',
    'include-column',
    'add-column',
    'change-data-type',
    'add-before-image-columns',
  ],
} as const

const members = ['rule-type', 'rule-id', 'rule-name', 'rule-action', 'rule-target', 'object-locator']

/** Members that an action has beside those of every rule. */
const membersOf: { readonly [action: string]: readonly string[] } = {
  'convert-lowercase': [],
  'convert-uppercase': [],
  'replace-prefix': ['value', 'old-value'],
  'replace-suffix': ['value', 'old-value'],
  'remove-column': [],
  'include-column': [],
  'add-column': ['value', 'expression', 'data-type'],
  'change-data-type': ['data-type'],
  'define-primary-key': ['primary-key-def'],
  'add-before-image-columns': ['before-image-def'],
}

export function readTransformation(rule: RuleReader): TransformationRule {
  const target = rule.oneOf('rule-target', ['schema', 'table', 'column'])
  const action = rule.oneOf<(typeof actionsOf)[typeof target][number]>('rule-action', actionsOf[target])
  // Tools write members that an action does not use as null or as empty text; such say nothing.
  const unused = ['value', 'old-value'].filter((member) => !rule.has(member) || rule.value(member) === '')
  rule.onlyHas([...members, ...(membersOf[action] ?? ['value']), ...unused])
  const place = rule.inner('object-locator')
  place.onlyHas(
    target === 'schema'
      ? ['schema-name', 'table-name']
      : ['schema-name', 'table-name', 'table-type', ...(target === 'column' ? ['column-name'] : [])],
  )
  const locator: TableLocator = {
    schema: parseLike(place.text('schema-name')),
    table: parseLike(
      target === 'schema' ? (place.optionalText('table-name') ?? '%') : place.text('table-name'),
    ),
  }
  const base = { rule, locator }
  const column = parseLike(
    action === 'add-column' || action === 'add-before-image-columns' || target !== 'column'
      ? (place.optionalText('column-name') ?? '%')
      : place.text('column-name'),
  )
  switch (action) {
    case 'remove-column':
    case 'include-column':
      return { ...base, kind: action, column }
    case 'change-data-type':
      return { ...base, kind: action, column, type: readDataType(rule.inner('data-type')) }
    case 'add-column':
      return {
        ...base,
        kind: action,
        name: rule.text('value'),
        expression: rule.text('expression'),
        type: readDataType(rule.inner('data-type')),
      }
    case 'define-primary-key':
      return { ...base, kind: action, columns: readKey(rule.inner('primary-key-def')) }
    case 'add-before-image-columns':
      return { ...base, kind: action, column, ...readBeforeImage(rule) }
    default:
      return { ...base, kind: 'name', target, action, column, rename: readNameAction(rule, action) }
  }
}

function readKey(definition: RuleReader): readonly string[] {
  definition.onlyHas(['name', 'origin', 'columns'])
  const columns = definition.texts('columns')
  if (columns.length === 0)
    throw definition.error(
      'columns',
      'a list of the columns of the key',
      'Indexes are not known here: name the columns also where origin is "unique-index".',
    )
  return columns
}

function readBeforeImage(rule: RuleReader): Pick<BeforeImageRule, 'prefix' | 'suffix' | 'filter'> {
  if (!rule.has('before-image-def')) return { prefix: 'BI_', suffix: '', filter: 'pk-only' }
  const definition = rule.inner('before-image-def')
  definition.onlyHas(['column-prefix', 'column-suffix', 'column-filter'])
  const prefix = definition.optionalText('column-prefix') ?? ''
  const suffix = definition.optionalText('column-suffix') ?? ''
  return {
    prefix: prefix === '' && suffix === '' ? 'BI_' : prefix,
    suffix,
    filter: definition.has('column-filter')
      ? definition.oneOf('column-filter', ['pk-only', 'non-lob', 'all'])
      : 'pk-only',
  }
}
