/**
 * Case files: NAME.sql, a program, and NAME.json beside it, what comes in and what must come out. This module reads
 * NAME.json into a checked form; running is run-case.ts, judging expectation.ts.
 *
 * Every fault of a file is a CaseFileError that names the field, the value and what is allowed.
 */
import type { DialectName } from '../syntax/dialect.ts'

/** One value of a case as JSON has it. */
export type CaseValue =
  | null
  | boolean
  | number
  | string
  | readonly CaseValue[]
  | { readonly [key: string]: CaseValue }

export interface CaseRow {
  /** The one arrival order over all inputs. */
  readonly seq: number
  /** ms; undefined: the row has none of its own. */
  readonly rowtime: number | undefined
  readonly op: '+I' | '-U' | '+U' | '-D'
  /** A raw payload in place of values. */
  readonly record: string | undefined
  readonly values: { readonly [column: string]: CaseValue }
}

/** An input stream of a KDA program. */
export interface CaseSchema {
  readonly recordFormat: 'JSON' | 'CSV'
  readonly recordRowPath: string | undefined
  readonly recordRowDelimiter: string | undefined
  readonly recordColumnDelimiter: string | undefined
  readonly columns: readonly {
    readonly name: string
    readonly type: string
    readonly path: string | undefined
  }[]
}

export interface CaseTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly CaseValue[])[]
}

export const caseModes = [
  'ordered',
  'set',
  'append-set',
  'sorted-by',
  'final',
  'changelog',
  'rejected',
] as const
export type CaseMode = (typeof caseModes)[number]

export interface CaseExpectation {
  readonly stream: string
  readonly mode: CaseMode
  readonly columns: readonly string[]
  readonly rows: readonly (readonly CaseValue[])[]
  /** Other row lists that are right as well. */
  readonly alternatives: readonly (readonly (readonly CaseValue[])[])[]
  readonly orderColumns: readonly string[]
  readonly jsonColumns: readonly string[]
  /** `rejected`: what is submitted and has to be refused. */
  readonly statements: readonly string[]
}

export interface SqlCase {
  readonly name: string
  readonly title: string
  readonly features: readonly string[]
  readonly dialect: DialectName
  readonly program: string
  readonly schemas: ReadonlyMap<string, CaseSchema>
  readonly inputs: ReadonlyMap<string, readonly CaseRow[]>
  readonly referenceTables: ReadonlyMap<string, CaseTable>
  /** KDA: after the row of `afterSeq`, row time has reached `time` (ms). */
  readonly bounds: readonly { readonly afterSeq: number; readonly time: number }[]
  readonly end: 'flush' | 'none'
  readonly settings: Readonly<Record<string, string>>
  readonly expected: readonly CaseExpectation[]
  readonly expectedErrors: readonly {
    readonly count: number
    readonly fields: Readonly<Record<string, CaseValue>>
  }[]
  /** The specification leaves the answer open: the case is reported and does not decide. */
  readonly contested: boolean
}

export class CaseFileError extends Error {
  override readonly name = 'CaseFileError'
}

/** `name` is that of the file, for messages and where the file gives none. Throws CaseFileError. */
export function parseCase(name: string, program: string, json: string): SqlCase {
  const file = new Reader(name, '', parseJson(name, json)).record()
  const dialect = file.choice('dialect', ['kda', 'flink'])
  const expected = file.child('expected').record()
  const alternatives = (file.has('alternatives') ? file.list('alternatives') : []).map((each) =>
    rowsOf(each, columnsOf(expected)),
  )
  return {
    name: file.text('name', name),
    title: file.text('title', ''),
    features: file.has('features') ? file.list('features').map((each) => String(each.value)) : [],
    dialect,
    program,
    schemas: new Map(file.entries('schemas').map(([key, schema]) => [key, schemaOf(schema)])),
    inputs: new Map(
      file.entries('inputs').map(([key, rows]) => [key, rows.items().map((row, i) => rowOf(row, i))]),
    ),
    referenceTables: new Map(
      file.entries('referenceTables').map(([key, table]) => [key, tableOf(table.record())]),
    ),
    bounds: (file.has('bounds') ? file.list('bounds') : []).map((each) => {
      const bound = each.record()
      return { afterSeq: bound.number('afterSeq'), time: bound.time('time') }
    }),
    end: file.has('end') ? file.choice('end', ['flush', 'none']) : 'none',
    settings: Object.fromEntries(file.entries('settings').map(([key, value]) => [key, String(value.value)])),
    expected: [
      expectationOf(expected, alternatives),
      ...(file.has('alsoExpected') ? file.list('alsoExpected') : []).map((each) =>
        expectationOf(each.record(), []),
      ),
    ],
    expectedErrors: (file.has('expectedErrors') ? file.list('expectedErrors') : []).map((each) => {
      const { count, stream: _, ...fields } = each.record().values
      return { count: typeof count === 'number' ? count : 1, fields }
    }),
    contested: file.has('contested') && file.values.contested !== false,
  }
}

function expectationOf(
  expected: RecordReader,
  shared: readonly (readonly (readonly CaseValue[])[])[],
): CaseExpectation {
  const mode = expected.choice('mode', caseModes)
  const columns = columnsOf(expected)
  const own = (expected.has('alternatives') ? expected.list('alternatives') : []).map((each) =>
    rowsOf(each, columns),
  )
  const texts = (field: string) =>
    expected.has(field) ? expected.list(field).map((each) => String(each.value)) : []
  return {
    stream: expected.text('stream', ''),
    mode,
    columns,
    rows: expected.has('rows') ? rowsOf(expected.child('rows'), columns) : [],
    alternatives: [...shared, ...own],
    orderColumns: texts('orderColumns'),
    jsonColumns: texts('jsonColumns'),
    statements: statementsOf(expected),
  }
}

/** Texts, or objects that hold the text as `sql` or `statement`. */
function statementsOf(expected: RecordReader): string[] {
  const { statements } = expected.values
  if (!Array.isArray(statements)) return []
  return statements.map((each: CaseValue) => {
    if (typeof each === 'string') return each
    const held = typeof each === 'object' && each !== null && !Array.isArray(each) ? each : {}
    return String(
      (held as Record<string, CaseValue>).sql ?? (held as Record<string, CaseValue>).statement ?? '',
    )
  })
}

function columnsOf(expected: RecordReader): readonly string[] {
  return expected.has('columns') ? expected.list('columns').map((each) => String(each.value)) : []
}

/** A list of rows, or an object that has it as `rows`. A row may be an object by column, its kind of change as `$op`. */
function rowsOf(reader: Reader, columns: readonly string[] = []): readonly (readonly CaseValue[])[] {
  const list = Array.isArray(reader.value) ? reader : reader.record().child('rows')
  return list.items().map((row) => {
    if (Array.isArray(row.value) || columns.length === 0) return row.items().map((cell) => cell.value)
    const { values } = row.record()
    const cells = columns.map((column) => values[column] ?? null)
    return values.$op === undefined || columns.includes('$op') ? cells : [values.$op, ...cells]
  })
}

function schemaOf(reader: Reader): CaseSchema {
  const columnsOf = (list: Reader) =>
    list.items().map((column) => {
      const [name, type, path] = column.items().map((part) => part.value)
      if (typeof name !== 'string' || typeof type !== 'string')
        return column.fail('[name, type] or [name, type, path]')
      return { name: String(name), type: String(type), path: typeof path === 'string' ? path : undefined }
    })
  if (Array.isArray(reader.value))
    return {
      recordFormat: 'JSON',
      recordRowPath: undefined,
      recordRowDelimiter: undefined,
      recordColumnDelimiter: undefined,
      columns: columnsOf(reader),
    }
  const schema = reader.record()
  return {
    recordFormat: schema.has('recordFormat') ? schema.choice('recordFormat', ['JSON', 'CSV']) : 'JSON',
    recordRowPath: schema.optionalText('recordRowPath'),
    recordRowDelimiter: schema.optionalText('recordRowDelimiter'),
    recordColumnDelimiter: schema.optionalText('recordColumnDelimiter'),
    columns: columnsOf(schema.child('columns')),
  }
}

function tableOf(table: RecordReader): CaseTable {
  const columns = table.list('columns').map((column) => {
    const [name, type] = column.items().map((part) => part.value)
    if (typeof name !== 'string' || typeof type !== 'string') return column.fail('[name, type]')
    return { name: String(name), type: String(type) }
  })
  return { columns, rows: rowsOf(table.child('rows')) }
}

/** `place`: the order within its input, for rows that name none. */
function rowOf(reader: Reader, place: number): CaseRow {
  const row = reader.record()
  const values = Object.fromEntries(Object.entries(row.values).filter(([key]) => !key.startsWith('$')))
  return {
    seq: row.has('$seq') ? row.number('$seq') : place,
    rowtime: row.has('$rowtime') ? row.time('$rowtime') : undefined,
    op: row.has('$op') ? row.choice('$op', ['+I', '-U', '+U', '-D']) : '+I',
    record: row.has('$record') ? payloadText(row.values.$record!) : undefined,
    values,
  }
}

/** A payload is text; one written as JSON in the file stands for its text. */
function payloadText(payload: CaseValue): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload)
}

/** Time as the case files write it, in ms: 'yyyy-MM-dd HH:mm:ss[.SSS]' or ISO 8601, UTC. NaN if it is none. */
export function parseCaseTime(text: string): number {
  return /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?$/.test(text)
    ? Date.parse(`${text.replace(' ', 'T').replace(/Z$/, '')}${text.length > 10 ? 'Z' : ''}`)
    : Number.NaN
}

function parseJson(name: string, json: string): CaseValue {
  try {
    return JSON.parse(json.replace(textOrNumber, exact)) as CaseValue // JSON has no other values.
  } catch (error) {
    throw new CaseFileError(
      `${name}.json is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** The texts and the numbers of JSON. */
const textOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g

/** A whole number that a double need not hold exactly is read as text, digit by digit. */
function exact(token: string): string {
  return /^-?\d{16,}$/.test(token) ? `"${token}"` : token
}

/** A value of the file with its place, so that every complaint can say where it is. */
class Reader {
  readonly value: CaseValue
  readonly #file: string
  readonly #place: string

  constructor(file: string, place: string, value: CaseValue) {
    this.#file = file
    this.#place = place
    this.value = value
  }

  fail(allowed: string): never {
    const shown = JSON.stringify(this.value)?.slice(0, 60) ?? 'nothing'
    throw new CaseFileError(
      `${this.#file}.json: ${this.#place || 'the file'} is ${shown}; allowed: ${allowed}`,
    )
  }

  items(): Reader[] {
    const list: CaseValue = this.value
    if (!Array.isArray(list)) return this.fail('a list')
    return list.map((each: CaseValue, i) => new Reader(this.#file, `${this.#place}[${i}]`, each))
  }

  record(): RecordReader {
    const { value } = this
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.fail('an object')
    // Not a list: an object.
    return new RecordReader(this.#file, this.#place, value as Record<string, CaseValue>)
  }
}

class RecordReader {
  readonly values: Readonly<Record<string, CaseValue>>
  readonly #file: string
  readonly #place: string

  constructor(file: string, place: string, values: Readonly<Record<string, CaseValue>>) {
    this.#file = file
    this.#place = place
    this.values = values
  }

  has(field: string): boolean {
    return this.values[field] !== undefined && this.values[field] !== null
  }

  child(field: string): Reader {
    const place = this.#place === '' ? field : `${this.#place}.${field}`
    return new Reader(this.#file, place, this.values[field] ?? null)
  }

  list(field: string): Reader[] {
    return this.child(field).items()
  }

  entries(field: string): [string, Reader][] {
    if (!this.has(field)) return []
    const record = this.child(field).record()
    return Object.keys(record.values).map((key) => [key, record.child(key)])
  }

  text(field: string, otherwise: string): string {
    const value = this.values[field]
    return typeof value === 'string' ? value : otherwise
  }

  optionalText(field: string): string | undefined {
    const value = this.values[field]
    return typeof value === 'string' ? value : undefined
  }

  number(field: string): number {
    const value = this.values[field]
    return typeof value === 'number' ? value : this.child(field).fail('a number')
  }

  time(field: string): number {
    const value = this.values[field]
    const time =
      typeof value === 'number' ? value : typeof value === 'string' ? parseCaseTime(value) : Number.NaN
    return Number.isNaN(time) ? this.child(field).fail("a time 'yyyy-MM-dd HH:mm:ss.SSS'") : time
  }

  choice<T extends string>(field: string, allowed: readonly T[]): T {
    const value = this.values[field]
    const found = allowed.find(
      (each) => each === (typeof value === 'string' ? value.toLowerCase() : value) || each === value,
    )
    return found ?? this.child(field).fail(allowed.join(', '))
  }
}
