/**
 * A table of the Flink dialect out of sample records: columns with types that hold what the sample shows and what may follow it, so
 * whole numbers are BIGINT and texts STRING. Members of nested objects stay nested (ROW), which the format json reads as they are.
 *
 *   records of {before, after, op}   debezium-json, with the columns of both images
 *   other JSON objects               json
 *   lines of one delimiter           csv
 *   anything else                    raw, one STRING
 *
 * Types that meet: whole and other numbers are DOUBLE; points in time of two forms and everything else that differs are STRING.
 */
import { type Field, parseSqlType, type SqlType } from '@millrace/values'
import { discoverSchema } from './discover-schema.ts'

export interface DiscoveredTable {
  readonly columns: readonly Field[]
  /** Options of its format. */
  readonly options: Readonly<Record<string, string>>
}

const decoder = new TextDecoder('utf-8', { fatal: true })
const columnsMax = 200
/** Deeper members are text. */
const depthMax = 4

/** What the values of one place have in common; undefined: only NULLs so far. */
type Shape =
  | { readonly kind: 'boolean' | 'whole' | 'number' | 'text' | 'date' | 'local' | 'instant' }
  | { readonly kind: 'list'; readonly element: Shape | undefined }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Shape | undefined> }

const text: Shape = { kind: 'text' }

export function discoverTable(records: readonly Uint8Array[]): DiscoveredTable {
  const documents = records.flatMap(documentsOf)
  if (documents.length === 0 || !documents.every(isObject)) return discoverLines(records)
  const isChange = documents.every((value) => isEnvelope(payloadOf(value)))
  const rows = isChange
    ? documents.map(payloadOf).flatMap(({ before, after }) => [before, after].filter(isObject))
    : documents
  const merged = rows.reduce<Shape | undefined>((shape, row) => merge(shape, shapeOf(row, 0)), undefined)
  const members = merged?.kind === 'object' ? [...merged.members] : []
  return {
    columns: members
      .slice(0, columnsMax)
      .map(([name, shape]) => ({ name, type: typeOf(shape), nullable: true })),
    options: { format: isChange ? 'debezium-json' : 'json' },
  }
}

/** Undefined for what is no JSON; the elements of an array at the top are rows. */
function documentsOf(bytes: Uint8Array): unknown[] {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes))
    return Array.isArray(value) ? value : [value]
  } catch {
    return [undefined]
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function payloadOf(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isObject(value.payload) ? value.payload : value
}

function isEnvelope({ before, after, op }: Readonly<Record<string, unknown>>): boolean {
  return typeof op === 'string' && /^[crud]$/.test(op) && (isObject(before) || isObject(after))
}

function shapeOf(value: unknown, depth: number): Shape | undefined {
  switch (typeof value) {
    case 'boolean':
      return { kind: 'boolean' }
    case 'number':
      return { kind: Number.isSafeInteger(value) ? 'whole' : 'number' }
    case 'string':
      return { kind: kindOfText(value) }
    default:
      break
  }
  if (value === null || value === undefined) return undefined
  if (depth >= depthMax) return text
  if (Array.isArray(value)) {
    const element = value.reduce<Shape | undefined>(
      (shape, each) => merge(shape, shapeOf(each, depth + 1)),
      undefined,
    )
    return { kind: 'list', element }
  }
  const members = Object.entries(value).map(([name, each]) => [name, shapeOf(each, depth + 1)] as const)
  // An object without members may have any later on.
  return members.length === 0 ? text : { kind: 'object', members: new Map(members) }
}

function kindOfText(value: string): 'date' | 'local' | 'instant' | 'text' {
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return 'date'
  const [, zone] = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/.exec(value) ?? [
    undefined,
    'none',
  ]
  return zone === 'none' ? 'text' : zone === undefined ? 'local' : 'instant'
}

function merge(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (a === undefined || b === undefined) return a ?? b
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', element: merge(a.element, b.element) }
  if (a.kind === 'object' && b.kind === 'object') {
    const members = new Map(a.members)
    for (const [name, shape] of b.members) members.set(name, merge(members.get(name), shape))
    return { kind: 'object', members }
  }
  if (a.kind === b.kind) return a
  const isNumber = ({ kind }: Shape) => kind === 'whole' || kind === 'number'
  return isNumber(a) && isNumber(b) ? { kind: 'number' } : text
}

function typeOf(shape: Shape | undefined): SqlType {
  switch (shape?.kind) {
    case 'boolean':
      return { kind: 'BOOLEAN' }
    case 'whole':
      return { kind: 'BIGINT' }
    case 'number':
      return { kind: 'DOUBLE' }
    case 'date':
      return { kind: 'DATE' }
    case 'local':
      return parseSqlType('TIMESTAMP(3)', 'flink')
    case 'instant':
      return parseSqlType('TIMESTAMP_LTZ(3)', 'flink')
    case 'list':
      return { kind: 'ARRAY', element: typeOf(shape.element) }
    case 'object':
      return {
        kind: 'ROW',
        fields: [...shape.members].map(([name, each]) => ({ name, type: typeOf(each), nullable: true })),
      }
    default:
      return parseSqlType('STRING', 'flink')
  }
}

/** Lines of several columns, or text. */
function discoverLines(records: readonly Uint8Array[]): DiscoveredTable {
  const raw = {
    columns: [{ name: 'record', type: parseSqlType('STRING', 'flink'), nullable: true }],
    options: { format: 'raw' },
  }
  const lines = records.map((record) => new TextDecoder().decode(record).trim())
  const { recordColumnDelimiter = ',', columns, recordFormat } = discoverSchema(lines)
  if (recordFormat !== 'CSV' || columns.length < 2) return raw
  return {
    columns: columns.map(([name, type]) => ({ name, type: widened(String(type)), nullable: true })),
    options: {
      format: 'csv',
      ...(recordColumnDelimiter === ',' ? {} : { 'csv.field-delimiter': recordColumnDelimiter }),
    },
  }
}

/** The smallest type that holds a sample is too small for what follows. */
function widened(type: string): SqlType {
  if (/^(?:TINYINT|SMALLINT|INTEGER)$/.test(type)) return { kind: 'BIGINT' }
  if (type.startsWith('VARCHAR')) return parseSqlType('STRING', 'flink')
  return parseSqlType(type === 'TIMESTAMP' ? 'TIMESTAMP(3)' : type, 'flink')
}
