/**
 * Metadata files: JSON, perhaps compressed by GZIP. Reading checks what everything else relies on, once: the version, ids that lead
 * somewhere, numbers that are exact. Fields that are not known here (statistics of other writers) are kept and written again.
 */
import { gunzipSync } from 'node:zlib'
import { LakeError } from '../../errors.ts'
import type { TableMetadata } from '../metadata.ts'
import { checkSchema } from './iceberg-schema.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Errors: ICEBERG_METADATA_INVALID, ICEBERG_VERSION_UNSUPPORTED, ICEBERG_NUMBER_TOO_LARGE. */
export function readMetadata(bytes: Uint8Array, location: string): TableMetadata {
  let value: unknown
  try {
    const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b
    value = JSON.parse(decoder.decode(isCompressed ? gunzipSync(bytes) : bytes))
  } catch (cause) {
    throw new LakeError('ICEBERG_METADATA_INVALID', `${location} is no JSON: ${String(cause)}`, { cause })
  }
  return checkMetadata(value, location)
}

export function writeMetadata(metadata: TableMetadata): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(metadata))
}

/** Of parsed JSON, from a file or a REST catalog. `location` is for messages. Errors as of `readMetadata`. */
export function checkMetadata(value: unknown, location: string): TableMetadata {
  const fail = (what: string): never => {
    throw new LakeError('ICEBERG_METADATA_INVALID', `${location}: ${what}`)
  }
  if (!isObject(value)) return fail('a table metadata file is a JSON object.')
  const version = value['format-version']
  if (version !== 2) {
    const hint =
      version === 1
        ? "Upgrade it with its own engine first, in Spark: ALTER TABLE t SET TBLPROPERTIES ('format-version' = '2')."
        : 'Tables of version 2 can be read and written.'
    throw new LakeError(
      'ICEBERG_VERSION_UNSUPPORTED',
      `${location}: the table is of format version ${JSON.stringify(version)}. ${hint}`,
    )
  }
  refuseLargeNumbers(value, location, '')

  const text = (name: string) => {
    if (typeof value[name] !== 'string' || value[name] === '') fail(`"${name}" must be text.`)
  }
  const number = (name: string) => {
    if (!Number.isInteger(value[name])) fail(`"${name}" must be a whole number.`)
  }
  const list = (name: string): Record<string, unknown>[] => {
    const items = value[name]
    if (!Array.isArray(items) || !items.every(isObject)) return fail(`"${name}" must be a list of objects.`)
    return items
  }
  const ids = (name: string, idName: string): ReadonlySet<unknown> => {
    const found = new Set<unknown>()
    for (const item of list(name)) {
      const id = item[idName]
      if (!Number.isInteger(id)) fail(`an entry of "${name}" has no "${idName}".`)
      if (found.has(id)) fail(`"${name}" has two entries with ${idName} ${String(id)}.`)
      found.add(id)
    }
    return found
  }
  const leadsTo = (name: string, found: ReadonlySet<unknown>, listName: string) => {
    if (!found.has(value[name])) fail(`"${name}" is ${String(value[name])}, which is not in "${listName}".`)
  }

  text('table-uuid')
  text('location')
  for (const name of ['last-sequence-number', 'last-updated-ms', 'last-column-id', 'last-partition-id'])
    number(name)
  leadsTo('current-schema-id', ids('schemas', 'schema-id'), 'schemas')
  leadsTo('default-spec-id', ids('partition-specs', 'spec-id'), 'partition-specs')
  leadsTo('default-sort-order-id', ids('sort-orders', 'order-id'), 'sort-orders')

  // The format lets writers leave these out.
  const properties = value.properties ?? {}
  const refsGiven = value.refs ?? {}
  const complete: Record<string, unknown> = { ...value, properties }
  for (const name of ['snapshots', 'snapshot-log', 'metadata-log']) complete[name] = value[name] ?? []
  for (const name of ['snapshots', 'snapshot-log', 'metadata-log']) {
    if (!Array.isArray(complete[name])) fail(`"${name}" must be a list.`)
  }
  if (!isObject(properties) || !Object.values(properties).every((each) => typeof each === 'string')) {
    fail('"properties" must be an object of texts.')
  }
  if (!isObject(refsGiven)) return fail('"refs" must be an object.')
  const current = value['current-snapshot-id'] === -1 ? null : (value['current-snapshot-id'] ?? null)
  if (current === null) delete complete['current-snapshot-id']
  complete.refs =
    current === null || 'main' in refsGiven
      ? refsGiven
      : { ...refsGiven, main: { 'snapshot-id': current, type: 'branch' } }

  // Proven by the checks above, but for what stands inside of schemas, specs and snapshots, which follows.
  const metadata = complete as unknown as TableMetadata
  const snapshots = new Set<number>()
  for (const snapshot of metadata.snapshots) {
    if (!isObject(snapshot) || !Number.isInteger(snapshot['snapshot-id']))
      fail('a snapshot has no "snapshot-id".')
    if (typeof snapshot['manifest-list'] !== 'string' || !isObject(snapshot.summary)) {
      fail(`snapshot ${snapshot['snapshot-id']} has no "manifest-list" or no "summary".`)
    }
    if (!Number.isInteger(snapshot['sequence-number']) || !Number.isInteger(snapshot['timestamp-ms'])) {
      fail(`snapshot ${snapshot['snapshot-id']} has no "sequence-number" or no "timestamp-ms".`)
    }
    if (snapshots.has(snapshot['snapshot-id'])) fail(`there are two snapshots ${snapshot['snapshot-id']}.`)
    snapshots.add(snapshot['snapshot-id'])
  }
  for (const [name, ref] of Object.entries(metadata.refs)) {
    if (!isObject(ref) || !snapshots.has(ref['snapshot-id']))
      fail(`the ref "${name}" names no snapshot of the table.`)
    if (ref.type !== 'branch' && ref.type !== 'tag') fail(`the ref "${name}" is neither a branch nor a tag.`)
  }
  if ((metadata.refs.main?.['snapshot-id'] ?? null) !== current) {
    fail('"current-snapshot-id" and the ref "main" differ.')
  }
  for (const schema of metadata.schemas) {
    if (!Array.isArray(schema.fields)) fail(`schema ${schema['schema-id']} has no "fields".`)
    try {
      checkSchema(schema)
    } catch (cause) {
      throw new LakeError('ICEBERG_METADATA_INVALID', `${location}: ${messageOf(cause)}`, { cause })
    }
  }
  for (const spec of metadata['partition-specs']) {
    if (!Array.isArray(spec.fields)) fail(`partition spec ${spec['spec-id']} has no "fields".`)
    for (const field of spec.fields) {
      if (!isObject(field) || !Number.isInteger(field['source-id']) || !Number.isInteger(field['field-id'])) {
        fail(`a field of partition spec ${spec['spec-id']} has no "source-id" or no "field-id".`)
      }
      if (typeof field.name !== 'string' || typeof field.transform !== 'string') {
        fail(`a field of partition spec ${spec['spec-id']} has no "name" or no "transform".`)
      }
    }
  }
  return metadata
}

/**
 * Other writers make snapshot ids of 63 bits, which numbers here do not hold: an id changed by rounding would lead nowhere, or to
 * another snapshot.
 */
export function refuseLargeNumbers(value: unknown, location: string, path: string): void {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw new LakeError(
        'ICEBERG_NUMBER_TOO_LARGE',
        `${location}: ${path.slice(1)} is about ${value}, beyond 2^53 - 1 (${Number.MAX_SAFE_INTEGER}), and cannot be kept exactly.`,
      )
    }
  } else if (Array.isArray(value))
    for (const [i, item] of value.entries()) refuseLargeNumbers(item, location, `${path}[${i}]`)
  else if (isObject(value)) {
    for (const name in value) refuseLargeNumbers(value[name], location, `${path}.${name}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
