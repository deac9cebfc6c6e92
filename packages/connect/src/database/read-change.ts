/**
 * Reads what a record says: a plain row, or a record of one of the envelopes of change data capture (docs/cdc.md). Control records,
 * tombstones and heartbeats say nothing of rows.
 *
 *   row        the record is the row
 *   dms        {"data":{...},"metadata":{"record-type":"data","operation":"insert",...}}, the before image under a name of one's choice
 *   debezium   {"op":"u","before":{...},"after":{...},"source":{...}}, or that as the `payload` beside its `schema`
 *   flat       the row, and members that say what happened: {"id":1,"__op":"c","__table":"orders",...}
 */
import type { StreamRecord } from '@millrace/runtime'
import type { Change, ChangeFormat, FieldSchemas, SourceTable } from './change.ts'
import {
  elementsOf,
  type JsonMembers,
  type JsonSlice,
  membersOf,
  parseSlice,
  rawText,
  stringText,
  typeOf,
} from './json-slice.ts'
import { Unfit } from './unfit.ts'

export interface ChangeReaderOptions {
  readonly format: ChangeFormat
  /** Of `dms`: the member with the values before a change. */
  readonly beforeImage: string
  /** Of `flat`. */
  readonly prefix: string
}

/** Undefined: the record says nothing of rows. Throws Unfit where it is not of the format. */
export type ReadChange = (record: StreamRecord) => Change | undefined

export function changeReader(options: ChangeReaderOptions): ReadChange {
  const { format, beforeImage, prefix } = options
  return ({ data }) => {
    // A tombstone of Debezium has no value.
    if (format === 'debezium' && data.length === 0) return undefined
    const document = parseSlice(data)
    if (format === 'debezium' && typeOf(document) === 'null') return undefined
    if (typeOf(document) !== 'object') throw new Unfit('The data is no JSON object.')
    const members = membersOf(document)
    switch (format) {
      case 'row':
        return { kind: 'write', source: undefined, row: members, document, before: undefined }
      case 'dms':
        return readDms(members, beforeImage)
      case 'flat':
        return readFlat(document, members, prefix)
      case 'debezium':
        return readDebezium(members)
    }
  }
}

function readDms(members: JsonMembers, beforeImage: string): Change | undefined {
  const metadata = objectAt(members, 'metadata', 'a record of DMS has the members "data" and "metadata"')
  const operation = textAt(metadata, 'operation')
  const source = sourceOf(metadata, 'schema-name', 'table-name')
  if (textAt(metadata, 'record-type') === 'control') {
    return operation === 'truncate-table' ? { kind: 'truncate', source } : undefined
  }
  const document = members.get('data')
  const row = objectAt(members, 'data', 'a data record of DMS has the member "data"')
  switch (operation) {
    case 'delete':
      return { kind: 'delete', source, row }
    case 'load':
    case 'insert':
    case 'update': {
      const before = operation === 'update' ? members.get(beforeImage) : undefined
      const isImage = before !== undefined && typeOf(before) === 'object'
      // It was just read as an object.
      return {
        kind: 'write',
        source,
        row,
        document: document!,
        before: isImage ? membersOf(before) : undefined,
      }
    }
    default:
      throw new Unfit(`The operation "${operation ?? ''}" is none of a data record of DMS.`)
  }
}

function readFlat(document: JsonSlice, members: JsonMembers, prefix: string): Change {
  const operation = textAt(members, `${prefix}op`)
  const source = sourceOf(members, `${prefix}schema`, `${prefix}table`)
  const row = new Map(members)
  for (const name of ['op', 'schema', 'table', 'ts_ms', 'deleted']) row.delete(prefix + name)
  switch (operation) {
    case 't':
      return { kind: 'truncate', source }
    case 'd':
      return { kind: 'delete', source, row }
    case 'r':
    case 'c':
    case 'u':
      return { kind: 'write', source, row, document, before: undefined }
    default:
      throw new Unfit(
        `The member "${prefix}op" is ${operation === undefined ? 'missing' : `"${operation}"`}. A flat record has one of r, c, u, d, t there; see "prefix".`,
      )
  }
}

function readDebezium(envelope: JsonMembers): Change | undefined {
  const payload = envelope.get('payload')
  const isWrapped = payload !== undefined && envelope.has('schema')
  if (isWrapped && typeOf(payload) === 'null') return undefined
  const members = isWrapped && typeOf(payload) === 'object' ? membersOf(payload) : envelope
  const operation = textAt(members, 'op')
  // Heartbeats and the ends of transactions.
  if (operation === undefined && (members.has('ts_ms') || members.has('status'))) return undefined
  const sourceSlice = members.get('source')
  const from =
    sourceSlice !== undefined && typeOf(sourceSlice) === 'object' ? membersOf(sourceSlice) : undefined
  // MySQL's databases are Postgres' schemas.
  const schema = from && (textAt(from, 'schema') ?? textAt(from, 'db'))
  const table = from && textAt(from, 'table')
  const source = table === undefined ? undefined : { schema: schema ?? '', table }
  const schemas = isWrapped ? fieldSchemas(envelope.get('schema')) : undefined
  const more = schemas === undefined ? {} : { schemas }
  switch (operation) {
    case 't':
      return { kind: 'truncate', source }
    case 'm':
      return undefined
    case 'd':
      return {
        kind: 'delete',
        source,
        row: objectAt(members, 'before', 'a deletion has the member "before"'),
        ...more,
      }
    case 'r':
    case 'c':
    case 'u': {
      const row = objectAt(members, 'after', `a record with op "${operation}" has the member "after"`)
      const before = members.get('before')
      const isImage = operation === 'u' && before !== undefined && typeOf(before) === 'object'
      // It was just read as an object.
      const document = members.get('after')!
      return {
        kind: 'write',
        source,
        row,
        document,
        before: isImage ? membersOf(before) : undefined,
        ...more,
      }
    }
    default:
      throw new Unfit(
        `The member "op" is ${operation === undefined ? 'missing' : `"${operation}"`}: no record of Debezium.`,
      )
  }
}

/** Of the fields of `after`: their semantic types. */
function fieldSchemas(schema: JsonSlice | undefined): FieldSchemas | undefined {
  const after = fieldsOf(schema).find((field) => textAt(field, 'field') === 'after')
  if (after === undefined) return undefined
  const schemas = new Map<string, { name: string; scale: number | undefined }>()
  for (const field of elementsAt(after, 'fields')) {
    const [column, name] = [textAt(field, 'field'), textAt(field, 'name')]
    if (column === undefined || name === undefined) continue
    const parameters = field.get('parameters')
    const scale =
      parameters !== undefined && typeOf(parameters) === 'object'
        ? textAt(membersOf(parameters), 'scale')
        : undefined
    schemas.set(column, { name, scale: scale === undefined ? undefined : Number(scale) })
  }
  return schemas
}

function fieldsOf(schema: JsonSlice | undefined): JsonMembers[] {
  return schema !== undefined && typeOf(schema) === 'object' ? elementsAt(membersOf(schema), 'fields') : []
}

function elementsAt(members: JsonMembers, name: string): JsonMembers[] {
  const list = members.get(name)
  if (list === undefined || typeOf(list) !== 'array') return []
  return elementsOf(list).flatMap((item) => (typeOf(item) === 'object' ? [membersOf(item)] : []))
}

function objectAt(members: JsonMembers, name: string, expected: string): JsonMembers {
  const slice = members.get(name)
  if (slice !== undefined && typeOf(slice) === 'object') return membersOf(slice)
  throw new Unfit(
    `The member "${name}" is ${slice === undefined ? 'missing' : rawText(slice).slice(0, 40)}: ${expected}.`,
  )
}

function textAt(members: JsonMembers, name: string): string | undefined {
  const slice = members.get(name)
  return slice !== undefined && typeOf(slice) === 'string' ? stringText(slice) : undefined
}

function sourceOf(members: JsonMembers, schemaName: string, tableName: string): SourceTable | undefined {
  const table = textAt(members, tableName)
  return table === undefined ? undefined : { schema: textAt(members, schemaName) ?? '', table }
}
