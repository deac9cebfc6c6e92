/**
 * The interpreter behind the port of the engine (engine-port.ts): slow, and right by definition. It serves as the oracle
 * where a whole QueryInstance is wanted, and keeps the laws of restoring testable on their own.
 *
 * Its state is one operator, 'interpreter', whose whole state is a blob: every change replaces what was before. Cost:
 * O(state) for each micro-batch that changes it, and the plain algorithms of the interpreter for each row.
 */
import type { RowBatch, Schema } from '@millrace/values'
import type { MicroBatch, MicroBatchResult, OperatorState, QueryInstance } from '../engine-port.ts'
import type { Program } from '../plan.ts'
import { batchToRows, rowsToBatch } from './bridge.ts'
import { Interpreter } from './interpreter.ts'
import { decodeState, encodeState } from './state-codec.ts'

const operator = 'interpreter'

export class InterpretedInstance implements QueryInstance {
  readonly #interpreter: Interpreter
  readonly #streams: ReadonlyMap<string, Schema>
  readonly #tables: ReadonlyMap<string, Schema>
  #time = Number.NEGATIVE_INFINITY
  #saved: Uint8Array

  constructor(program: Program) {
    this.#interpreter = new Interpreter(program)
    this.#streams = new Map(program.streams.map(({ name, schema }) => [name, schema]))
    this.#tables = new Map(program.references.map(({ name, schema }) => [name, schema]))
    this.#saved = this.#encode()
  }

  get time(): number {
    return this.#time
  }

  process(batch: MicroBatch): MicroBatchResult {
    const inputs = new Map(
      [...batch.inputs].map(([name, rows]) => [name, batchToRows(rows, this.#schema(name))]),
    )
    for (const rows of inputs.values()) for (const row of rows) this.#time = Math.max(this.#time, row.rowtime)
    this.#time = Math.max(this.#time, batch.bound)
    const { outputs, errors, outcomes } = this.#interpreter.process({ ...batch, inputs })
    const batches = [...outputs].map(([name, rows]) => [name, rowsToBatch(rows, this.#schema(name))] as const)
    return { outputs: new Map(batches), errors, outcomes }
  }

  setReference(table: string, rows: RowBatch): void {
    const schema = this.#tables.get(table)
    if (schema === undefined) throw new Error(`no reference table ${table} in the program`)
    this.#interpreter.setReference(
      table,
      batchToRows(rows, schema).map(({ values }) => values),
    )
  }

  kindOf(operator: string): string | undefined {
    return this.stateInfo().find((info) => info.operator === operator)?.kind
  }

  get operators(): readonly string[] {
    return this.stateInfo().map(({ operator }) => operator)
  }

  takeChanges(): OperatorState[] {
    const blob = this.#encode()
    if (Buffer.compare(blob, this.#saved) === 0) return []
    this.#saved = blob
    return [{ operator, blob, liveUntil: null }]
  }

  snapshot(): Uint8Array[] {
    return [this.#encode()]
  }

  restore(_: string, blob: Uint8Array): void {
    // Written by #encode, and checked by its version.
    const { time, nodes } = decodeState(blob) as { time: number; nodes: unknown }
    this.#time = time
    this.#interpreter.load(nodes)
    this.#saved = blob.slice()
  }

  stateInfo(): { operator: string; kind: string; rows: number; bytes: number }[] {
    return [{ operator, kind: 'interpreter', rows: 0, bytes: this.#saved.length }]
  }

  #encode(): Uint8Array {
    return encodeState({ time: this.#time, nodes: this.#interpreter.save() })
  }

  #schema(stream: string): Schema {
    const schema = this.#streams.get(stream)
    if (schema === undefined) throw new Error(`no stream ${stream} in the program`)
    return schema
  }
}
