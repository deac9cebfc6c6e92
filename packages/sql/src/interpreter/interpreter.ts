/**
 * The interpreter: a program run row by row, by the letter of the specification (spec 2.4, 2.6 to 2.12, 2.17). It is the
 * definition that the compiled engine is tested against, and keeps everything it ever needs in plain lists.
 *
 * Source records come in order. Each is processed wholly before the next: its rows enter the input streams; every pump, in
 * the order of the program, turns the new rows of the streams that it reads into rows of its target; since every stream is
 * written before it is read, one pass is enough. After the last record of a micro-batch its bound goes the same way, and
 * sets free what only waited for time.
 *
 * A row enters a stream if its row time is not below that of the last row there (else OutOfOrder, and its record is late)
 * and no NOT NULL column is NULL (else NotNullViolation, and its record is dead). Rows of several pumps enter a stream in
 * order of the record, then of row time, then of the pumps.
 *
 * What became of a record: dead if an error dropped a row of it; else late if a row of it came out of order; else out if a
 * row of it left the program, or was taken into a join window or a group, where it waits for others; else filtered. (A row
 * of an OVER frame has had its say when its own result row comes out.)
 */
import type { SqlType } from '@millrace/values'
import { type ErrorRow, outcome } from '../engine-port.ts'
import { plainText } from '../functions/index.ts'
import type { Field, PlanNode, Program, Pump, Schema, SqlValue } from '../plan.ts'
import { deriveTables } from '../tables/evaluate-table.ts'
import { RunningGroup } from './group.ts'
import { nodesOf, type RunningNode, runBound, runRows } from './node.ts'
import { RunningOver } from './over.ts'
import { mergeRows, type Row, type Step } from './row.ts'
import { RunningRows } from './rows.ts'
import { RunningFilter, RunningLookupJoin, RunningProject, RunningScan, RunningUnion } from './stateless.ts'
import { RunningTableSource } from './table-source.ts'
import { RunningWindowJoin } from './window-join.ts'

export interface InterpreterInput {
  /** Rows of the input streams by name, each stream's in order of origin. */
  readonly inputs: ReadonlyMap<string, readonly Row[]>
  readonly records: number
  /** Promise that no later row has a row time below this; -Infinity for none. */
  readonly bound: number
}

export interface InterpreterResult {
  readonly outputs: ReadonlyMap<string, readonly Row[]>
  readonly errors: readonly ErrorRow[]
  readonly outcomes: Uint8Array
}

interface RunningPump {
  readonly pump: Pump
  readonly target: Schema
  readonly root: RunningNode
}

/** What a pump gave in this step. */
interface Written {
  readonly running: RunningPump
  readonly rows: readonly Row[]
}

export class Interpreter {
  readonly #program: Program
  readonly #pumps: readonly RunningPump[]
  readonly #tables = new Map<string, readonly (readonly SqlValue[])[]>()
  /** Row time of the last row of each declared stream. */
  readonly #lastRowtime = new Map<string, number>()

  constructor(program: Program) {
    this.#program = program
    deriveTables(program.derived ?? [], this.#tables)
    const schemas = new Map(program.streams.map((stream) => [stream.name, stream.schema]))
    this.#pumps = program.pumps
      .filter((pump) => !pump.stopped)
      .map((pump) => ({
        pump,
        target: schemas.get(pump.target) ?? pump.plan.schema,
        root: runningNode(pump.plan),
      }))
  }

  setReference(table: string, rows: readonly (readonly SqlValue[])[]): void {
    this.#tables.set(table, rows)
    deriveTables(this.#program.derived ?? [], this.#tables)
  }

  process(input: InterpreterInput): InterpreterResult {
    const batch = new BatchRun(this.#program, input)
    for (let origin = 0; origin < input.records; origin++) {
      const streams = new Map<string, Row[]>()
      for (const [name, rows] of input.inputs)
        streams.set(
          name,
          rows.filter((row) => row.origin === origin),
        )
      batch.emitInputs(streams)
      const time = firstTime(streams.values())
      const written: Written[] = []
      for (const running of this.#pumps) {
        const rows = runRows(running.root, this.#step(running, streams, new Map(), batch, { time, origin }))
        this.#write(running, rows, written, streams, batch)
      }
    }
    this.#processBound(input, batch)
    return batch
  }

  /** All that later answers depend on, as plain values: last row times and the states of the nodes in order. */
  save(): unknown {
    const nodes = this.#pumps.flatMap(({ root }) => nodesOf(root)).filter((node) => node.save !== undefined)
    return { streams: [...this.#lastRowtime], nodes: nodes.map((node) => node.save?.()) }
  }

  load(saved: unknown): void {
    const state = saved as { streams: [string, number][]; nodes: unknown[] } // What `save` gave.
    for (const [stream, rowtime] of state.streams) this.#lastRowtime.set(stream, rowtime)
    const nodes = this.#pumps.flatMap(({ root }) => nodesOf(root)).filter((node) => node.load !== undefined)
    nodes.forEach((node, i) => {
      node.load?.(state.nodes[i])
    })
  }

  #processBound({ bound }: InterpreterInput, batch: BatchRun): void {
    const streams = new Map<string, Row[]>()
    const bounds = new Map<string, number>()
    // A stream that no running pump writes gets no rows, so it promises what the inputs promise.
    const written = new Set(this.#pumps.map(({ pump }) => pump.target))
    for (const { name } of this.#program.streams) if (!written.has(name)) bounds.set(name, bound)
    const waiting: Written[] = []
    for (const running of this.#pumps) {
      const { rows, bound: reached } = runBound(
        running.root,
        this.#step(running, streams, bounds, batch, {
          time: bound > Number.NEGATIVE_INFINITY ? bound : undefined,
          origin: undefined,
        }),
      )
      const { target } = running.pump
      bounds.set(target, Math.min(reached, bounds.get(target) ?? Number.POSITIVE_INFINITY))
      this.#write(running, rows, waiting, streams, batch)
    }
  }

  #step(
    { pump }: RunningPump,
    streams: ReadonlyMap<string, readonly Row[]>,
    bounds: ReadonlyMap<string, number>,
    batch: BatchRun,
    moment: { readonly time: number | undefined; readonly origin: number | undefined },
  ): Step {
    return {
      dialect: this.#program.dialect,
      pump: pump.name,
      records: batch.records,
      ...moment,
      streamRows: (stream) => streams.get(stream) ?? [],
      streamBound: (stream) => bounds.get(stream) ?? Number.NEGATIVE_INFINITY,
      tableRows: (table) => this.#tables.get(table) ?? [],
      fail: (row, error) => batch.fail(row, error.name, error.message, pump.name, undefined),
      keep: (row) => batch.mark(row.origin, outcome.out),
    }
  }

  /** The rows enter the stream when all its pumps have run. */
  #write(
    running: RunningPump,
    rows: readonly Row[],
    written: Written[],
    streams: Map<string, Row[]>,
    batch: BatchRun,
  ): void {
    written.push({ running, rows })
    const name = running.pump.target
    const own = written.filter((each) => each.running.pump.target === name)
    if (own.length === this.#pumps.filter(({ pump }) => pump.target === name).length)
      this.#enter(own, streams, batch)
  }

  #enter(written: readonly Written[], streams: Map<string, Row[]>, batch: BatchRun): void {
    const rowsOf = ({ running, rows }: Written) => rows.map((row) => ({ running, row, rowtime: row.rowtime }))
    for (const { running, row } of mergeRows(written.map(rowsOf))) {
      const { pump, target } = running
      const entered = streams.get(pump.target) ?? []
      streams.set(pump.target, entered)
      const missing = target.fields.find((field, i) => !field.nullable && row.values[i] === null)
      if (missing !== undefined) {
        const message = `column ${missing.name} of ${pump.target} is NOT NULL, but its value is NULL`
        batch.fail(row, 'NotNullViolation', message, pump.name, target)
        continue
      }
      const last = this.#lastRowtime.get(pump.target) ?? Number.NEGATIVE_INFINITY
      if (row.rowtime < last) {
        const message = `ROWTIME ${row.rowtime} lies below ${last}, the last one of ${pump.target}`
        batch.fail(row, 'OutOfOrder', message, pump.name, target)
        continue
      }
      this.#lastRowtime.set(pump.target, row.rowtime)
      entered.push(row)
      batch.emit(pump.target, row)
    }
  }
}

/** What one micro-batch has given so far. */
class BatchRun implements InterpreterResult {
  readonly records: number
  readonly outputs: ReadonlyMap<string, Row[]>
  readonly errors: ErrorRow[] = []
  readonly outcomes: Uint8Array

  constructor(program: Program, input: InterpreterInput) {
    this.records = input.records
    this.outputs = new Map(program.outputs.map((name) => [name, []]))
    this.outcomes = new Uint8Array(input.records)
  }

  /** An input stream may be an output too. */
  emitInputs(streams: ReadonlyMap<string, readonly Row[]>): void {
    for (const [name, rows] of streams) for (const row of rows) this.emit(name, row)
  }

  emit(stream: string, row: Row): void {
    const output = this.outputs.get(stream)
    if (output === undefined) return
    output.push(row)
    this.mark(row.origin, outcome.out)
  }

  fail(row: Row, name: string, message: string, pump: string, schema: Schema | undefined): void {
    const origin = row.origin < this.records ? row.origin : -1
    this.errors.push({
      origin,
      name,
      message,
      pump,
      rowtime: row.rowtime,
      row: rowText(row.values, schema?.fields),
    })
    this.mark(origin, name === 'OutOfOrder' ? outcome.late : outcome.dead)
  }

  mark(origin: number, what: number): void {
    if (origin < 0 || origin >= this.records) return
    this.outcomes[origin] = Math.max(this.outcomes[origin]!, what)
  }
}

/** Of the input streams in the program's order; all rows of a record have one time as a rule. */
function firstTime(streams: Iterable<readonly Row[]>): number | undefined {
  let first: number | undefined
  for (const [row] of streams)
    if (row !== undefined && (first === undefined || row.rowtime < first)) first = row.rowtime
  return first
}

function runningNode(node: PlanNode): RunningNode {
  switch (node.kind) {
    case 'scan':
      return new RunningScan(node)
    case 'filter':
      return new RunningFilter(node, runningNode(node.input))
    case 'project':
      return new RunningProject(node, runningNode(node.input))
    case 'lookup-join':
      return new RunningLookupJoin(node, runningNode(node.input))
    case 'window-join':
      return new RunningWindowJoin(node, runningNode(node.left), runningNode(node.right))
    case 'over':
      return new RunningOver(node, runningNode(node.input))
    case 'group':
      return new RunningGroup(node, runningNode(node.input))
    case 'union':
      return new RunningUnion(node.inputs.map(runningNode))
    case 'table-source':
      return new RunningTableSource(node)
    case 'rows':
      return new RunningRows(node, runningNode(node.input))
  }
}

/** The row for people: by column name where the columns are those of a stream, else in order. */
function rowText(values: readonly SqlValue[], fields: readonly Field[] | undefined): string {
  const shown = values.map((value, i) => [fields?.[i]?.name ?? `$${i}`, shownValue(value, fields?.[i]?.type)])
  return JSON.stringify(Object.fromEntries(shown))
}

function shownValue(value: SqlValue, type: SqlType | undefined): string | number | boolean | null {
  if (value === null || typeof value === 'boolean') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (type === undefined || type.kind.startsWith('INTERVAL')) return String(value)
  return plainText(value, type)
}
