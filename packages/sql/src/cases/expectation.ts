/**
 * Whether what came out is what a case expects. Values are compared by the type of their column: DECIMAL by its text with
 * its scale, DOUBLE to 1e-9 and REAL to 1e-6 relative, times by the instant, JSON columns as JSON.
 */
import { formatDate, formatDecimal, formatTime, formatTimestamp, type SqlType } from '@millrace/values'
import { valueKey } from '../changelog/value.ts'
import { localTime } from '../functions/zone.ts'
import type { SqlValue } from '../plan.ts'
import { type CaseExpectation, type CaseValue, parseCaseTime } from './case-file.ts'

/** One row that came out, with the kind of change. */
export interface OutputRow {
  readonly kind: '+I' | '-U' | '+U' | '-D'
  /** System time of the row, ms; undefined in Flink programs. */
  readonly rowtime: number | undefined
  readonly values: readonly SqlValue[]
}

export interface CaseOutput {
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[]
  readonly rows: readonly OutputRow[]
  /** Columns of the primary key: what holds the output keeps the last row of each key. */
  readonly key?: readonly number[]
  /** The session's zone, where it has one. */
  readonly zone?: string
}

/** Undefined if the output is as expected; otherwise what is wrong, in lines. */
export function judgeOutput(output: CaseOutput, expected: CaseExpectation): string | undefined {
  const wanted = [expected.rows, ...expected.alternatives]
  let first: string | undefined
  for (const rows of wanted) {
    const problem = judgeRows(output, expected, rows)
    if (problem === undefined) return undefined
    first ??= problem
  }
  return first
}

const kindColumns = ['$op', '$kind', 'op', 'kind']

function judgeRows(
  output: CaseOutput,
  expected: CaseExpectation,
  wanted: readonly (readonly CaseValue[])[],
): string | undefined {
  const reader = columnReader(output, expected)
  if (typeof reader === 'string') return reader
  const retraction = output.rows.find((row) => row.kind === '-U' || row.kind === '-D')
  switch (expected.mode) {
    case 'append-set':
    case 'set':
      if (retraction !== undefined)
        return `the output has to be append-only, but it took a row back: ${retraction.kind} ${reader.text(retraction)}`
      return compareMultisets(reader, output.rows, wanted)
    case 'ordered':
      return compareLists(reader, expected, output.rows, wanted)
    case 'changelog':
      return compareChangelog(reader, expected, output, wanted)
    case 'sorted-by':
      return compareMultisets(reader, output.rows, wanted) ?? compareOrder(reader, expected, output.rows)
    case 'final':
      return compareMultisets(reader, accumulated(reader, lastByKey(output)), wanted)
    case 'rejected':
      return undefined
  }
}

/** The rows that a table by key holds in the end; all changes where there is no key. */
function lastByKey({ rows, key }: CaseOutput): readonly OutputRow[] {
  if (key === undefined) return rows
  const held = new Map<string, OutputRow>()
  for (const row of rows) {
    const id = valueKey(key.map((column) => row.values[column] ?? null))
    const before = held.get(id)
    if (row.kind === '+I' || row.kind === '+U') held.set(id, { ...row, kind: '+I' })
    // A row that another has replaced meanwhile is gone already.
    else if (before !== undefined && valueKey(before.values) === valueKey(row.values)) held.delete(id)
  }
  return [...held.values()]
}

interface ColumnReader {
  same(row: OutputRow, wanted: readonly CaseValue[]): boolean
  text(row: OutputRow): string
  cells(row: OutputRow): readonly SqlValue[]
  readonly width: number
  /** Columns of the output itself. */
  readonly names: ReadonlySet<string>
}

/** How the expected columns are found in the output; a text says which one is missing. */
function columnReader(output: CaseOutput, expected: CaseExpectation): ColumnReader | string {
  const names = expected.columns.length > 0 ? expected.columns : output.columns.map(({ name }) => name)
  const places: { read: (row: OutputRow) => SqlValue; type: SqlType; json: boolean }[] = []
  for (const name of names) {
    const index = columnIndex(output, name)
    const json = expected.jsonColumns.includes(name)
    if (index >= 0) {
      places.push({ read: (row) => row.values[index] ?? null, type: output.columns[index]!.type, json })
    } else if (name === 'ROWTIME') {
      places.push({ read: (row) => row.rowtime ?? null, type: { kind: 'TIMESTAMP' }, json })
    } else if (kindColumns.includes(name)) {
      places.push({ read: (row) => row.kind, type: { kind: 'VARCHAR', length: 2 }, json })
    } else {
      return `no column "${name}" in ${expected.stream}; there are ${output.columns.map((column) => column.name).join(', ')}`
    }
  }
  const cells = (row: OutputRow) => places.map(({ read }) => read(row))
  return {
    width: places.length,
    names: new Set(output.columns.map((column) => column.name)),
    cells,
    same: (row, wanted) =>
      wanted.length === places.length &&
      places.every(({ read, type, json }, i) => {
        const value = read(row)
        if (sameCell(value, type, wanted[i]!, json)) return true
        // An instant may be written as UTC or as the session shows it.
        if (output.zone === undefined || type.kind !== 'TIMESTAMP_LTZ' || typeof value !== 'number')
          return false
        return sameCell(localTime(value, output.zone), type, wanted[i]!, json)
      }),
    text: (row) => `[${places.map(({ read, type }) => shownCell(read(row), type)).join(', ')}]`,
  }
}

/** By its name; else, as a case may write a folded name as the program does, by its name in other letters if only one has it. */
function columnIndex({ columns }: CaseOutput, name: string): number {
  const exact = columns.findIndex((column) => column.name === name)
  if (exact >= 0) return exact
  const folded = columns.filter((column) => column.name.toUpperCase() === name.toUpperCase())
  return folded.length === 1 ? columns.indexOf(folded[0]!) : -1
}

function compareLists(
  reader: ColumnReader,
  _expected: CaseExpectation,
  rows: readonly OutputRow[],
  wanted: readonly (readonly CaseValue[])[],
): string | undefined {
  if (rows.length === wanted.length && rows.every((row, i) => reader.same(row, wanted[i]!))) return undefined
  const same = (i: number, j: number) => reader.same(rows[i]!, wanted[j]!)
  return aligned(rows.map(reader.text), wanted.map(wantedText), same)
}

/** Rows of the expectation begin with the kind, unless a column is named for it. */
function compareChangelog(
  reader: ColumnReader,
  expected: CaseExpectation,
  output: CaseOutput,
  wanted: readonly (readonly CaseValue[])[],
): string | undefined {
  const { rows, key = [] } = output
  const place = expected.columns.findIndex((name) => kindColumns.includes(name) && !reader.names.has(name))
  const plain = (kind: CaseValue) => (kind === '-U' ? '-D' : kind === '+U' ? '+I' : kind)
  const leads = place < 0 && wanted.every((row) => row.length === reader.width + 1)
  const lists = wanted.map((row) =>
    leads ? [plain(row[0]!), ...row.slice(1)] : row.map((cell, i) => (i === place ? plain(cell) : cell)),
  )
  const plainRows = rows.map((row) => ({ ...row, kind: plain(row.kind) as OutputRow['kind'] }))
  const agrees = (row: OutputRow, list: readonly CaseValue[]) =>
    leads ? list[0] === row.kind && reader.same(row, list.slice(1)) : reader.same(row, list)
  const same = (i: number, j: number) => agrees(plainRows[i]!, lists[j]!)
  if (plainRows.length === lists.length && plainRows.every((_, i) => same(i, i))) return undefined
  const shown = key.map((column) => expected.columns.indexOf(output.columns[column]!.name))
  if (key.length > 0 && !shown.includes(-1)) {
    const keyOf = (list: readonly CaseValue[]) => JSON.stringify(shown.map((at) => list[leads ? at + 1 : at]))
    const ours = withoutReplaced(
      plainRows,
      ({ kind }) => kind,
      (row) => valueKey(key.map((at) => row.values[at]!)),
    )
    const theirs = withoutReplaced(lists, (list) => list[leads ? 0 : place], keyOf)
    if (ours.length === theirs.length && ours.every((row, i) => agrees(row, theirs[i]!))) return undefined
  }
  const text = (row: OutputRow) => (leads ? `${row.kind} ${reader.text(row)}` : reader.text(row))
  const wantedLine = (row: readonly CaseValue[]) =>
    leads ? `${row[0]} ${wantedText(row.slice(1))}` : wantedText(row)
  return aligned(plainRows.map(text), lists.map(wantedLine), same)
}

/** To a reader that holds the rows by key, what takes a row back says nothing where the next row of that key follows. */
function withoutReplaced<Row>(
  rows: readonly Row[],
  kindOf: (row: Row) => CaseValue | undefined,
  keyOf: (row: Row) => string,
): readonly Row[] {
  return rows.filter((row, i) => {
    const next = rows[i + 1]
    return next === undefined || kindOf(row) !== '-D' || kindOf(next) !== '+I' || keyOf(row) !== keyOf(next)
  })
}

function compareMultisets(
  reader: ColumnReader,
  rows: readonly OutputRow[],
  wanted: readonly (readonly CaseValue[])[],
): string | undefined {
  const left = [...wanted]
  const surplus: OutputRow[] = []
  for (const row of rows) {
    const at = left.findIndex((each) => reader.same(row, each))
    if (at < 0) surplus.push(row)
    else left.splice(at, 1)
  }
  if (surplus.length === 0 && left.length === 0) return undefined
  return [
    `${rows.length} rows came out, ${wanted.length} are expected; ${rows.length - surplus.length} agree`,
    ...left.map((row) => `- ${wantedText(row)}`),
    ...surplus.map((row) => `+ ${reader.text(row)}`),
  ].join('\n')
}

function compareOrder(
  reader: ColumnReader,
  expected: CaseExpectation,
  rows: readonly OutputRow[],
): string | undefined {
  const names = expected.columns
  const places = expected.orderColumns.map((name) => names.indexOf(name))
  for (let i = 1; i < rows.length; i++) {
    const [before, after] = [reader.cells(rows[i - 1]!), reader.cells(rows[i]!)]
    for (const place of places) {
      const [a, b] = [before[place] ?? null, after[place] ?? null]
      if (a === null || b === null) continue
      if (a < b) break
      if (a > b)
        return `the rows are not in order of ${expected.orderColumns.join(', ')}: ${reader.text(rows[i - 1]!)} stands before ${reader.text(rows[i]!)}`
    }
  }
  return undefined
}

/** The rows that are left after all changes. A retraction of a row that is not there stays visible as one. */
function accumulated(reader: ColumnReader, rows: readonly OutputRow[]): OutputRow[] {
  const counts = new Map<string, { row: OutputRow; count: number }>()
  for (const row of rows) {
    const key = reader.text(row)
    const entry = counts.get(key) ?? { row, count: 0 }
    entry.count += row.kind === '-U' || row.kind === '-D' ? -1 : 1
    counts.set(key, entry)
  }
  return [...counts.values()].flatMap(({ row, count }) =>
    count >= 0
      ? new Array<OutputRow>(count).fill(row)
      : [{ ...row, values: row.values.map(() => 'a row was taken back that is not there') }],
  )
}

function sameCell(value: SqlValue, type: SqlType, wanted: CaseValue, json: boolean): boolean {
  if (value === null || wanted === null || value === undefined || wanted === undefined)
    return (value ?? null) === (wanted ?? null)
  if (json) {
    const held = typeof value === 'string' ? safeJson(value) : value
    const other = typeof wanted === 'string' ? safeJson(wanted) : wanted
    return canonicalJson(held) === canonicalJson(other)
  }
  switch (type.kind) {
    case 'BOOLEAN':
      return value === wanted || String(value) === String(wanted).toLowerCase()
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return String(value) === String(wanted)
    case 'DECIMAL':
      return sameDecimal(formatDecimal(value as number | bigint, type.scale), wanted)
    case 'REAL':
    case 'DOUBLE':
      return near(Number(value), Number(wanted), type.kind === 'REAL' ? 1e-6 : 1e-9)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return typeof wanted === 'number'
        ? value === wanted
        : Math.floor(Number(value)) === parseCaseTime(String(wanted))
    case 'DATE':
      return formatDate(Number(value)) === String(wanted)
    case 'TIME':
      return formatTime(Number(value)).replace(/\.000$/, '') === String(wanted).replace(/\.0+$/, '')
    case 'CHAR':
    case 'VARCHAR':
      return value === wanted
    case 'BINARY':
    case 'VARBINARY':
      return shownCell(value, type).toLowerCase() === `"${String(wanted).toLowerCase()}"`
    case 'ARRAY':
      return sameList(value as readonly SqlValue[], () => type.element, wanted)
    case 'ROW': {
      const list = value as readonly SqlValue[] // A ROW is the list of its fields.
      const others = Array.isArray(wanted)
        ? (wanted as readonly CaseValue[])
        : type.fields.map(({ name }) => (wanted as Record<string, CaseValue>)[name] ?? null)
      return sameList(list, (i) => type.fields[i]!.type, others)
    }
    case 'MAP':
    case 'MULTISET':
      return canonicalJson(plainValue(value, type)) === canonicalJson(wanted)
    case 'NULL':
      return false
  }
}

function sameList(values: readonly SqlValue[], typeAt: (i: number) => SqlType, wanted: CaseValue): boolean {
  const others = wanted as readonly CaseValue[] // Checked on the next line.
  if (!Array.isArray(wanted) || others.length !== values.length) return false
  return values.every((value, i) => sameCell(value, typeAt(i), others[i]!, false))
}

/** Text with the same scale, or a number that the text stands for. */
function sameDecimal(text: string, wanted: CaseValue): boolean {
  return typeof wanted === 'string' ? text === wanted : Number(text) === wanted
}

function near(a: number, b: number, relative: number): boolean {
  if (Object.is(a, b) || a === b) return true
  return Math.abs(a - b) <= relative * Math.max(Math.abs(a), Math.abs(b))
}

/** The value as case files write it. */
export function plainValue(value: SqlValue, type: SqlType): CaseValue {
  if (value === null) return null
  switch (type.kind) {
    case 'DECIMAL':
      return formatDecimal(value as number | bigint, type.scale)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return formatTimestamp(Math.floor(Number(value)))
    case 'DATE':
      return formatDate(Number(value))
    case 'TIME':
      return formatTime(Number(value))
    case 'ARRAY':
      return (value as readonly SqlValue[]).map((each) => plainValue(each, type.element))
    case 'ROW':
      return Object.fromEntries(
        (value as readonly SqlValue[]).map((each, i) => [
          type.fields[i]!.name,
          plainValue(each, type.fields[i]!.type),
        ]),
      )
    case 'MAP':
      return Object.fromEntries(
        [...(value as ReadonlyMap<SqlValue, SqlValue>)].map(([key, each]) => [
          String(plainValue(key, type.key)),
          plainValue(each, type.value),
        ]),
      )
    case 'MULTISET':
      return Object.fromEntries(
        [...(value as ReadonlyMap<SqlValue, SqlValue>)].map(([key, count]) => [
          String(plainValue(key, type.element)),
          Number(count),
        ]),
      )
    default:
      if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
      if (typeof value === 'bigint')
        return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
      if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
      return value as CaseValue // What is left are numbers, booleans and text.
  }
}

function shownCell(value: SqlValue, type: SqlType): string {
  return JSON.stringify(plainValue(value, type))
}

function wantedText(row: readonly CaseValue[]): string {
  return `[${row.map((cell) => JSON.stringify(cell)).join(', ')}]`
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** JSON with sorted keys. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`)
    return `{${fields.sort().join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/**
 * Both lists line by line: '  ' where they agree, '- ' what is expected and missing, '+ ' what came out and is not
 * expected. Longest common subsequence; lists of a case are short.
 */
function aligned(
  rows: readonly string[],
  wanted: readonly string[],
  same: (row: number, wanted: number) => boolean,
): string {
  const lengths = Array.from({ length: rows.length + 1 }, () => new Array<number>(wanted.length + 1).fill(0))
  for (let i = rows.length - 1; i >= 0; i--)
    for (let j = wanted.length - 1; j >= 0; j--)
      lengths[i]![j] = same(i, j)
        ? lengths[i + 1]![j + 1]! + 1
        : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
  const lines = [`${rows.length} rows came out, ${wanted.length} are expected, in this order`]
  let [i, j] = [0, 0]
  while (i < rows.length || j < wanted.length) {
    if (i < rows.length && j < wanted.length && same(i, j)) {
      lines.push(`  ${rows[i]}`)
      i++
      j++
    } else if (j < wanted.length && (i === rows.length || lengths[i]![j + 1]! >= lengths[i + 1]![j]!)) {
      lines.push(`- ${wanted[j]}`)
      j++
    } else {
      lines.push(`+ ${rows[i]}`)
      i++
    }
  }
  return lines.join('\n')
}
