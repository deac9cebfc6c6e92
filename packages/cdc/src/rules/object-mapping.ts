/**
 * Object mapping rules: how a table's rows become keys and attributes of records. Columns are named as the transformation rules leave
 * them. `target-table-name` is read and not used: a stream has no tables, and the metadata name the row's own.
 */
import type { Row } from '../model/column-value.ts'
import type { TableSchema } from '../model/table-schema.ts'
import { isObject, type RuleReader } from './rule-reader.ts'
import { readLocator, type TableLocator } from './selection.ts'
import type { AttributeMapping, ObjectMapping } from './table-rules.ts'
import { compileTemplate, templateColumns } from './template.ts'

export interface ObjectMappingRule {
  readonly rule: RuleReader
  readonly locator: TableLocator
  readonly action: ObjectMapping['action']
  readonly partitionKeyType: ObjectMapping['partitionKeyType']
  /** Text of the key with `${column}` in it. */
  readonly partitionKey: string | undefined
  readonly excludeColumns: readonly string[]
  readonly attributes: readonly AttributeMapping[]
}

/** Where map-record-to-document puts the columns that no attribute names. */
const documentName = '_doc'
const keyTypes = ['schema-table', 'transaction-id', 'primary-key', 'constant', 'attribute-name'] as const

export function readObjectMapping(rule: RuleReader): ObjectMappingRule {
  rule.onlyHas([
    'rule-type',
    'rule-id',
    'rule-name',
    'rule-action',
    'object-locator',
    'target-table-name',
    'mapping-parameters',
  ])
  const action = rule.oneOf('rule-action', ['map-record-to-record', 'map-record-to-document'])
  const place = rule.inner('object-locator')
  place.onlyHas(['schema-name', 'table-name', 'table-type'])
  const locator = readLocator(place)
  rule.optionalText('target-table-name')
  const base = { rule, locator, action }
  if (!rule.has('mapping-parameters'))
    return {
      ...base,
      partitionKeyType: undefined,
      partitionKey: undefined,
      excludeColumns: [],
      attributes: [],
    }
  const parameters = rule.inner('mapping-parameters')
  parameters.onlyHas([
    'partition-key-type',
    'partition-key-name',
    'partition-key',
    'exclude-columns',
    'attribute-mappings',
  ])
  const attributes = parameters.items('attribute-mappings').map(readAttribute)
  const names = attributes.map(({ target }) => target)
  const taken = action === 'map-record-to-document' ? [...names, documentName] : names
  if (new Set(taken).size < taken.length)
    throw parameters.error(
      'attribute-mappings',
      `attributes of different names, none of them "${documentName}" in documents`,
    )
  return {
    ...base,
    ...readPartitionKey(parameters, attributes),
    excludeColumns: parameters.texts('exclude-columns'),
    attributes,
  }
}

function readAttribute(attribute: RuleReader): AttributeMapping {
  attribute.onlyHas(['target-attribute-name', 'attribute-type', 'attribute-sub-type', 'value'])
  const type = attribute.oneOf('attribute-type', ['scalar', 'document'])
  const subType = attribute.has('attribute-sub-type')
    ? attribute.oneOf('attribute-sub-type', ['string', 'json'])
    : type === 'document'
      ? 'json'
      : 'string'
  const value = attribute.value('value')
  if (type === 'scalar' ? typeof value !== 'string' : typeof value !== 'string' && !isTree(value))
    throw attribute.error('value', type === 'scalar' ? 'a text' : 'a text, or an object of texts')
  return { target: attribute.text('target-attribute-name'), type, subType, value }
}

function isTree(value: unknown): boolean {
  return (
    isObject(value) && Object.values(value).every((member) => typeof member === 'string' || isTree(member))
  )
}

function readPartitionKey(
  parameters: RuleReader,
  attributes: readonly AttributeMapping[],
): Pick<ObjectMappingRule, 'partitionKeyType' | 'partitionKey'> {
  const key = parameters.has('partition-key') ? parameters.inner('partition-key') : undefined
  key?.onlyHas(['attribute-name', 'value'])
  const given = key?.text('value')
  const name = parameters.optionalText('partition-key-name') || undefined
  const type = parameters.has('partition-key-type')
    ? parameters.oneOf('partition-key-type', keyTypes)
    : given === undefined
      ? undefined
      : templateColumns(given).length > 0
        ? 'attribute-name'
        : 'constant'
  if (type === 'constant') {
    const constant = given ?? name
    if (constant === undefined)
      throw parameters.error(
        'partition-key',
        'an object as {"value": "one key for all"} beside the type "constant"',
      )
    return { partitionKeyType: type, partitionKey: constant }
  }
  if (type !== 'attribute-name') return { partitionKeyType: type, partitionKey: undefined }
  if (given !== undefined) return { partitionKeyType: type, partitionKey: given }
  if (name === undefined)
    throw parameters.error(
      'partition-key-name',
      'an attribute or column beside the type "attribute-name", or partition-key with a value',
    )
  const attribute = attributes.find(({ target }) => target === name)
  if (attribute !== undefined && typeof attribute.value !== 'string')
    throw parameters.error('partition-key-name', 'a scalar attribute or a column')
  return {
    partitionKeyType: type,
    partitionKey: attribute === undefined ? `\${${name}}` : String(attribute.value),
  }
}

/** The mapping of one table; refuses names that are no columns of it. */
export function compileObjectMapping(mapping: ObjectMappingRule, schema: TableSchema): ObjectMapping {
  const { rule, action, partitionKeyType, partitionKey, excludeColumns, attributes } = mapping
  const names = schema.columns.map(({ name }) => name)
  const check = (member: string, columns: readonly string[]) => {
    const missing = columns.find((column) => !names.includes(column))
    if (missing !== undefined)
      throw rule
        .inner('mapping-parameters')
        .error(
          member,
          `columns of ${schema.schema}.${schema.table}: ${names.join(', ')}`,
          `There is no ${JSON.stringify(missing)}; names are case-sensitive.`,
        )
  }
  // A locator with wildcards names columns that some of its tables have.
  const isOne = !mapping.locator.schema.hasWildcards && !mapping.locator.table.hasWildcards
  if (isOne) {
    check('exclude-columns', excludeColumns)
    for (const { value } of attributes) check('attribute-mappings', columnsOf(value))
  }
  if (partitionKey !== undefined && partitionKeyType === 'attribute-name')
    check('partition-key-name', templateColumns(partitionKey))
  const key = partitionKey === undefined ? undefined : compileTemplate(schema, partitionKey)
  return {
    action,
    partitionKeyType,
    // Rows of this schema, as the port says.
    partitionKey: (row) => key?.(row as Row),
    excludeColumns,
    attributes,
  }
}

function columnsOf(value: unknown): string[] {
  if (typeof value === 'string') return templateColumns(value)
  return isObject(value) ? Object.values(value).flatMap(columnsOf) : []
}
