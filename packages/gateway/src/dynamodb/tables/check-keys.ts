/** What CreateTable and UpdateTable check of attribute definitions, keys and indexes, in the service's order and words. */
import type { KeyDefinition } from '@millrace/store'
import type { Capacity, IndexSpec, Projection } from '@millrace/tables'
import { invalidParameters, validation } from '../faults.ts'
import { type KeyType, keyDefinition } from './key-types.ts'

export const LOCAL_INDEXES_MAX = 5
export const GLOBAL_INDEXES_MAX = 20
/** Attributes that all INCLUDE projections of a table may name together. */
const PROJECTED_MAX = 100
export const UNITS_MAX = 1_000_000_000_000

export interface AttributeDefinition {
  readonly AttributeName: string
  readonly AttributeType: KeyType
}

export interface KeySchemaElement {
  readonly AttributeName: string
  readonly KeyType: 'HASH' | 'RANGE'
}

export interface ThroughputInput {
  readonly ReadCapacityUnits: number
  readonly WriteCapacityUnits: number
}

export interface IndexInput {
  readonly IndexName: string
  readonly KeySchema: readonly KeySchemaElement[]
  readonly Projection: {
    readonly ProjectionType?: 'ALL' | 'INCLUDE' | 'KEYS_ONLY' | undefined
    readonly NonKeyAttributes?: readonly string[] | undefined
  }
  readonly ProvisionedThroughput?: ThroughputInput | undefined
}

export interface Keys {
  readonly partitionKey: KeyDefinition
  readonly sortKey?: KeyDefinition
}

/** The keys of a table or an index. Errors: ValidationException. */
export function checkKeys(
  schema: readonly KeySchemaElement[],
  definitions: readonly AttributeDefinition[],
): Keys {
  const names = schema.map(({ AttributeName }) => AttributeName)
  const defined = new Map(
    definitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  )
  const [first, second] = schema
  if (names.some((name) => !defined.has(name))) {
    throw invalidParameters(
      'Some index key attributes are not defined in AttributeDefinitions. ' +
        `Keys: [${names.join(', ')}], AttributeDefinitions: [${[...defined.keys()].join(', ')}]`,
    )
  }
  if (names[0] === names[1]) {
    throw validation('Both the Hash Key and the Range Key element in the KeySchema have the same name')
  }
  if (first === undefined || first.KeyType !== 'HASH') {
    throw validation('Invalid KeySchema: The first KeySchemaElement is not a HASH key type')
  }
  if (second !== undefined && second.KeyType !== 'RANGE') {
    throw validation('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type')
  }
  const key = ({ AttributeName }: KeySchemaElement): KeyDefinition =>
    // Every name was found among the definitions.
    keyDefinition(AttributeName, defined.get(AttributeName)!)
  return second === undefined
    ? { partitionKey: key(first) }
    : { partitionKey: key(first), sortKey: key(second) }
}

export function checkLocalIndexes(
  inputs: readonly IndexInput[],
  table: Keys,
  definitions: readonly AttributeDefinition[],
  names: Set<string>,
): IndexSpec[] {
  if (inputs.length === 0) throw invalidParameters('List of LocalSecondaryIndexes is empty')
  if (table.sortKey === undefined) {
    throw invalidParameters(
      'Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex',
    )
  }
  const indexes = inputs.map((input): IndexSpec => {
    const keys = checkKeys(input.KeySchema, definitions)
    const { IndexName: name } = input
    if (keys.sortKey === undefined) {
      throw invalidParameters(`Index KeySchema does not have a range key for index: ${name}`)
    }
    if (keys.partitionKey.name !== table.partitionKey.name) {
      throw invalidParameters(
        'Index KeySchema does not have the same leading hash key as table KeySchema for index: ' +
          `${name}. index hash key: ${keys.partitionKey.name}, table hash key: ${table.partitionKey.name}`,
      )
    }
    const projection = checkProjection(input)
    checkUnique(name, names)
    return { name, kind: 'local', ...keys, projection }
  })
  if (indexes.length > LOCAL_INDEXES_MAX) {
    throw invalidParameters(`Number of LocalSecondaryIndexes exceeds per-table limit of ${LOCAL_INDEXES_MAX}`)
  }
  return indexes
}

export function checkGlobalIndexes(
  inputs: readonly IndexInput[],
  definitions: readonly AttributeDefinition[],
  names: Set<string>,
  options: { readonly isOnDemand: boolean },
): IndexSpec[] {
  if (inputs.length === 0) throw invalidParameters('List of GlobalSecondaryIndexes is empty')
  const indexes = inputs.map((input) => checkGlobalIndex(input, definitions, names, options))
  if (indexes.length > GLOBAL_INDEXES_MAX) {
    throw invalidParameters(`GlobalSecondaryIndex count exceeds the per-table limit of ${GLOBAL_INDEXES_MAX}`)
  }
  return indexes
}

export function checkGlobalIndex(
  input: IndexInput,
  definitions: readonly AttributeDefinition[],
  names: Set<string>,
  { isOnDemand }: { readonly isOnDemand: boolean },
): IndexSpec {
  const keys = checkKeys(input.KeySchema, definitions)
  const { IndexName: name, ProvisionedThroughput: given } = input
  const projection = checkProjection(input)
  if (isOnDemand && given !== undefined) {
    throw invalidParameters(
      `ProvisionedThroughput should not be specified for index: ${name} when BillingMode is PAY_PER_REQUEST`,
    )
  }
  if (!isOnDemand && given === undefined) {
    throw invalidParameters(`ProvisionedThroughput must be specified for index: ${name}`)
  }
  checkUnique(name, names)
  const index: IndexSpec = { name, kind: 'global', ...keys, projection }
  return given === undefined ? index : { ...index, capacity: checkThroughput(given) }
}

/** Every definition is of a key. */
export function checkNoneUnused(
  definitions: readonly AttributeDefinition[],
  table: Keys,
  indexes: readonly IndexSpec[],
): void {
  const used = new Set<string>()
  for (const { partitionKey, sortKey } of [table, ...indexes]) {
    used.add(partitionKey.name)
    if (sortKey !== undefined) used.add(sortKey.name)
  }
  const defined = definitions.map(({ AttributeName }) => AttributeName)
  if (defined.every((name) => used.has(name))) return
  throw invalidParameters(
    `Some AttributeDefinitions are not used. AttributeDefinitions: [${defined.join(', ')}], keys used: [${[...used].join(', ')}]`,
  )
}

export function checkProjectedCount(indexes: readonly IndexSpec[]): void {
  let count = 0
  for (const { projection } of indexes)
    if (projection.kind === 'INCLUDE') count += projection.attributes.length
  if (count > PROJECTED_MAX) {
    throw invalidParameters(
      `Number of attributes in all INCLUDE projections exceeds per-table limit of ${PROJECTED_MAX}`,
    )
  }
}

export function checkThroughput({ ReadCapacityUnits, WriteCapacityUnits }: ThroughputInput): Capacity {
  if (ReadCapacityUnits > UNITS_MAX) {
    throw validation(`Given value ${ReadCapacityUnits} for ReadCapacityUnits is out of bounds`)
  }
  if (WriteCapacityUnits > UNITS_MAX) {
    throw validation(`Given value ${WriteCapacityUnits} for WriteCapacityUnits is out of bounds`)
  }
  return { readUnits: ReadCapacityUnits, writeUnits: WriteCapacityUnits }
}

function checkProjection({ Projection: { ProjectionType: kind, NonKeyAttributes } }: IndexInput): Projection {
  if (kind === undefined) throw invalidParameters('Unknown ProjectionType: null')
  if (kind !== 'INCLUDE') {
    if (NonKeyAttributes === undefined) return { kind }
    throw invalidParameters(`ProjectionType is ${kind}, but NonKeyAttributes is specified`)
  }
  if (NonKeyAttributes === undefined) {
    throw invalidParameters('ProjectionType is INCLUDE, but NonKeyAttributes is not specified')
  }
  return { kind, attributes: [...new Set(NonKeyAttributes)] }
}

function checkUnique(name: string, names: Set<string>): void {
  if (names.has(name)) throw invalidParameters(`Duplicate index name: ${name}`)
  names.add(name)
}
