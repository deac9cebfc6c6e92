/** Tables, rows and changes for tests, and a JSON reader that keeps the digits of numbers. Not part of the package's door. */
import type { EmitRecord, Envelope, EnvelopeSource } from '../envelope/envelope.ts'
import type { Row } from '../model/column-value.ts'
import type { LogEvent, RowChange, RowOperation, Transaction } from '../model/log-event.ts'
import type { Column, ColumnType, TableSchema } from '../model/table-schema.ts'

export const mysqlSource: EnvelopeSource = {
  name: 'shop-task',
  kind: 'mysql',
  version: '8.0.39',
  database: '',
}
export const postgresSource: EnvelopeSource = {
  name: 'shop-task',
  kind: 'postgres',
  version: '15.14',
  database: 'shopdb',
}

/** 2023-11-14T22:13:20.000005Z */
export const nowUs = 1_700_000_000_000_005

export const types = {
  int: { kind: 'integer', native: 'int', bits: 32 },
  bigint: { kind: 'integer', native: 'bigint', bits: 64 },
  text: { kind: 'text', native: 'varchar(40)', length: 40 },
  decimal: { kind: 'decimal', native: 'decimal(10,2)', precision: 10, scale: 2 },
  datetime: { kind: 'datetime', native: 'datetime(6)', scale: 6 },
  json: { kind: 'json', native: 'json' },
  bytes: { kind: 'bytes', native: 'varbinary(20)', length: 20 },
  longtext: { kind: 'text', native: 'longtext', isLarge: true },
} as const satisfies { readonly [name: string]: ColumnType }

export function column(name: string, type: ColumnType, isNullable = true): Column {
  return { name, type, isNullable }
}

export function table(
  columns: readonly Column[],
  key: readonly number[] = [0],
  name = { schema: 'shop', table: 'orders' },
): TableSchema {
  return { ...name, columns, key }
}

export function transaction(number = 7, place = `mysql-bin.000024:${number * 100}`): Transaction {
  return { id: `0-1-${number}`, number, commitTimeUs: 1_699_999_999_500_000, place }
}

export function change(
  operation: RowOperation,
  schema: TableSchema,
  rows: { readonly before?: Row; readonly after?: Row },
  of: { readonly transaction?: Transaction; readonly order?: number } = {},
): RowChange {
  return {
    kind: 'row',
    operation,
    table: schema,
    before: rows.before,
    after: rows.after,
    transaction: operation === 'load' ? undefined : (of.transaction ?? transaction()),
    order: of.order ?? 0,
  }
}

export interface Written {
  readonly key: string
  readonly data: string
}

export function encodeAll(envelope: Envelope, ...events: readonly LogEvent[]): Written[] {
  const records: Written[] = []
  const emit: EmitRecord = (key, data) => records.push({ key, data })
  for (const event of events) envelope.encode(event, nowUs, emit)
  return records
}

/** JSON of a record. What a test looks into has a name here; one that is missing is undefined all the same. */
export interface Parsed {
  readonly data: Parsed
  readonly metadata: Parsed
  readonly control: Parsed
  readonly payload: Parsed
  readonly schema: Parsed
  readonly source: Parsed
  readonly before: Parsed
  readonly after: Parsed
  readonly transaction: Parsed
  readonly fields: readonly Parsed[]
  readonly [member: string]: unknown
}

/** The record's JSON. */
export function parsed(record: Written | undefined): Parsed {
  return JSON.parse(record!.data)
}

/** A number of a JSON text as it is written. */
export class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** JSON with numbers as Digits: a plain reader by recursion, for texts that `JSON.parse` takes. */
export function readDigits(json: string): unknown {
  JSON.parse(json)
  let at = 0
  const space = () => {
    while (' \n\t\r'.includes(json.charAt(at)) && at < json.length) at++
  }
  const value = (): unknown => {
    space()
    const character = json.charAt(at)
    if (character === '"') return string()
    if (character === '{' || character === '[') return members(character)
    const word = /[^\s,\]}]+/y
    word.lastIndex = at
    const text = word.exec(json)![0]
    at += text.length
    return text === 'true' ? true : text === 'false' ? false : text === 'null' ? null : new Digits(text)
  }
  const string = (): string => {
    const start = at++
    while (json.charAt(at) !== '"') at += json.charAt(at) === '\\' ? 2 : 1
    return JSON.parse(json.slice(start, ++at))
  }
  const members = (open: string): unknown => {
    const items: unknown[] = []
    const names: string[] = []
    at++
    for (;;) {
      space()
      if (json.charAt(at) === '}' || json.charAt(at) === ']') break
      if (json.charAt(at) === ',') {
        at++
        continue
      }
      if (open === '{') {
        names.push(string())
        space()
        at++ // The colon.
      }
      items.push(value())
    }
    at++
    return open === '[' ? items : Object.fromEntries(items.map((item, i) => [names[i]!, item]))
  }
  return value()
}

/** Members of `data` or another object by name, in the order of the text. */
export function memberNames(json: string, member: string): string[] {
  // Tests ask for objects only.
  return Object.keys((readDigits(json) as { readonly [name: string]: object })[member]!)
}
