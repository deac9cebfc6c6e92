/**
 * A case (program, reference rows, source records) and its trace: everything that a run of it answers, in a form that two
 * runs can be compared by. The interpreter and the compiled engine run the same cases.
 */
import type { Schema, SqlType } from '@millrace/values'
import type { MicroBatchResult, QueryInstance } from '../engine-port.ts'
import { batchToRows, rowsToBatch } from '../interpreter/bridge.ts'
import { Interpreter } from '../interpreter/interpreter.ts'
import type { Row } from '../interpreter/row.ts'
import type { Program, SqlValue } from '../plan.ts'
import type { RandomProgram } from './random-program.ts'
import { rowsByStream, type SourceRecord } from './random-rows.ts'

export interface LawCase extends RandomProgram {
  readonly records: readonly SourceRecord[]
}

/** How the records are cut into micro-batches. */
export interface Cut {
  /** Records of each micro-batch; what is left is one more. */
  readonly sizes: readonly number[]
  /** 'none': no bound until the end; 'next': after each micro-batch the time of the next record is promised. */
  readonly bounds: 'none' | 'next'
}

export interface TraceRow {
  readonly rowtime: number
  readonly values: readonly SqlValue[]
  /** Index of the record among all; -1 for a row that a bound set free. */
  readonly record: number
}

export interface Trace {
  readonly outputs: ReadonlyMap<string, readonly TraceRow[]>
  readonly errors: readonly { readonly name: string; readonly pump: string; readonly record: number }[]
  readonly outcomes: readonly number[]
}

interface MicroBatchRows {
  readonly records: readonly SourceRecord[]
  readonly bound: number
}

/** A run answers one micro-batch after the other. */
type Run = (batch: MicroBatchRows) => {
  readonly outputs: ReadonlyMap<string, readonly Row[]>
  readonly errors: MicroBatchResult['errors']
  readonly outcomes: Uint8Array
}

export function interpreterTrace(subject: LawCase, cut: Cut): Trace {
  const interpreter = new Interpreter(subject.program)
  for (const [table, rows] of subject.references) interpreter.setReference(table, rows)
  return trace(subject, cut, ({ records, bound }) =>
    interpreter.process({ inputs: rowsByStream(records), records: records.length, bound }),
  )
}

/**
 * The compiled engine. With `restarts`, the instance is thrown away after every micro-batch and a new one is restored: by
 * 'changes' from the changes so far that are still of use, by 'snapshot' from a snapshot of each operator, by 'mixed' from a snapshot in the
 * middle and the changes since.
 */
export function engineTrace(
  subject: LawCase,
  cut: Cut,
  compile: (program: Program) => QueryInstance,
  restarts: 'never' | 'changes' | 'snapshot' | 'mixed' = 'never',
): Trace {
  const schemas = new Map(subject.program.streams.map(({ name, schema }) => [name, schema]))
  const start = () => {
    const instance = compile(subject.program)
    for (const [table, rows] of subject.references) {
      const { schema } = subject.program.references.find(({ name }) => name === table)!
      instance.setReference(
        table,
        rowsToBatch(
          rows.map((values) => ({ values, rowtime: 0, origin: 0 })),
          schema,
        ),
      )
    }
    return instance
  }
  let instance = start()
  let kept: KeptState[] = []
  let count = 0
  return trace(subject, cut, ({ records, bound }) => {
    const result = instance.process({
      inputs: inputBatches(records, schemas),
      records: records.length,
      bound,
    })
    const outputs = new Map(
      [...result.outputs].map(([name, batch]) => [name, batchToRows(batch, schemas.get(name)!)]),
    )
    const answer = { outputs, errors: [...result.errors], outcomes: result.outcomes.slice(0, records.length) }
    if (restarts !== 'never') {
      for (const { operator, blob, liveUntil } of instance.takeChanges())
        kept.push({ operator, blob: blob.slice(), liveUntil })
      kept = withoutExpired(kept, instance.time)
      if (restarts === 'snapshot' || (restarts === 'mixed' && count++ % 3 === 2)) {
        const operators = instance.stateInfo().map(({ operator }) => operator)
        kept = operators.flatMap((operator) =>
          instance.snapshot(operator).map((blob) => ({ operator, blob: blob.slice(), liveUntil: null })),
        )
      }
      instance = start()
      for (const { operator, blob } of kept) instance.restore(operator, blob)
    }
    return answer
  })
}

interface KeptState {
  readonly operator: string
  readonly blob: Uint8Array
  readonly liveUntil: number | null
}

/** What a store keeps: each operator's leading changes whose use has ended are dropped. */
function withoutExpired(states: readonly KeptState[], time: number): KeptState[] {
  const needed = new Set<string>()
  return states.filter(({ operator, liveUntil }) => {
    if (!needed.has(operator) && liveUntil !== null && liveUntil < time) return false
    needed.add(operator)
    return true
  })
}

function inputBatches(records: readonly SourceRecord[], schemas: ReadonlyMap<string, Schema>) {
  return new Map(
    [...rowsByStream(records)].map(([name, rows]) => [name, rowsToBatch(rows, schemas.get(name)!)]),
  )
}

function trace(subject: LawCase, cut: Cut, run: Run): Trace {
  const outputs = new Map<string, TraceRow[]>(subject.program.outputs.map((name) => [name, []]))
  const errors: { name: string; pump: string; record: number }[] = []
  const outcomes: number[] = []
  let first = 0
  for (const batch of microBatches(subject.records, cut)) {
    const result = run(batch)
    const count = batch.records.length
    const recordOf = (origin: number) => (origin < 0 || origin >= count ? -1 : first + origin)
    for (const [name, rows] of result.outputs) {
      const output = outputs.get(name)
      if (output === undefined) throw new Error(`rows of ${name}, which is no output`)
      for (const { rowtime, values, origin } of rows)
        output.push({ rowtime, values, record: recordOf(origin) })
    }
    for (const { name, pump, origin } of result.errors) errors.push({ name, pump, record: recordOf(origin) })
    outcomes.push(...result.outcomes.slice(0, count))
    first += count
  }
  return { outputs, errors, outcomes }
}

/** The last micro-batch has no records: its bound lets everything go that waits for time, or for the end of all input. */
function microBatches(records: readonly SourceRecord[], cut: Cut): MicroBatchRows[] {
  const batches: MicroBatchRows[] = []
  let first = 0
  for (const size of [...cut.sizes, records.length]) {
    const part = records.slice(first, first + size)
    first += size
    const next = records[first]
    const bound = cut.bounds === 'next' && next !== undefined ? next.rowtime : Number.NEGATIVE_INFINITY
    if (part.length > 0) batches.push({ records: part, bound })
  }
  const last = records.at(-1)
  const end = records.length % 2 === 0 ? Number.POSITIVE_INFINITY : (last?.rowtime ?? 0) + 86_400_000
  return [...batches, { records: [], bound: end }]
}

export interface Comparison {
  /**
   * 'exact': rows and errors come from the same records, errors have the same names, records end alike.
   * 'answers': the same rows come out of each stream and as many rows fail in each pump.
   */
  readonly by: 'exact' | 'answers'
}

/** The first difference between two traces in words; undefined if they agree. */
export function difference(
  expected: Trace,
  actual: Trace,
  program: Program,
  options: Comparison,
): string | undefined {
  for (const [name, rows] of expected.outputs) {
    const { fields } = program.streams.find((stream) => stream.name === name)!.schema
    const types = fields.map(({ type }) => type)
    const others = actual.outputs.get(name) ?? []
    for (let i = 0; i < Math.max(rows.length, others.length); i++) {
      const [a, b] = [rows[i], others[i]]
      if (a === undefined || b === undefined || !sameRow(a, b, types, options.by === 'exact')) {
        return `row ${i} of ${name}: expected ${rowText(a)}, got ${rowText(b)} (${rows.length} and ${others.length} rows)`
      }
    }
  }
  const errors = firstDifference(errorTexts(expected, options), errorTexts(actual, options))
  if (errors !== undefined) return `errors: ${errors}`
  if (options.by === 'answers') return undefined
  const outcomes = firstDifference(expected.outcomes.map(String), actual.outcomes.map(String))
  return outcomes === undefined ? undefined : `outcomes: ${outcomes}`
}

/** Errors in an order of their own, since operators report them as they meet them. */
function errorTexts({ errors }: Trace, { by }: Comparison): string[] {
  return errors
    .map(({ name, pump, record }) => (by === 'exact' ? `${name} ${pump} of record ${record}` : pump))
    .sort()
}

function firstDifference(expected: readonly string[], actual: readonly string[]): string | undefined {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    if (expected[i] !== actual[i]) return `at ${i} expected ${expected[i]}, got ${actual[i]}`
  }
  return undefined
}

function sameRow(a: TraceRow, b: TraceRow, types: readonly SqlType[], records: boolean): boolean {
  if (a.rowtime !== b.rowtime || (records && a.record !== b.record)) return false
  return types.every((type, i) => sameValue(a.values[i]!, b.values[i]!, type))
}

/** Floating results may differ in their last digits, since statistics are not computed in one fixed order. */
function sameValue(a: SqlValue, b: SqlValue, type: SqlType): boolean {
  if (typeof a === 'number' && typeof b === 'number' && (type.kind === 'DOUBLE' || type.kind === 'REAL')) {
    return a === b || Math.abs(a - b) <= 1e-6 * Math.max(1e-3, Math.abs(a), Math.abs(b))
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  return a === b
}

function rowText(row: TraceRow | undefined): string {
  if (row === undefined) return 'nothing'
  const values = row.values.map((value) => (typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)))
  return `[${row.rowtime}: ${values.join(', ')}] of record ${row.record}`
}
