/** Runs a case of the KDA dialect: rows in arrival order with their row times, bounds where the case says so. */
import {
  formatTimestamp,
  JsonRowReader,
  makeBatch,
  parseSqlType,
  type RowBatch,
  readCell,
  resetBatch,
  type Schema,
} from '@millrace/values'
import { type BindOptions, bindProgram } from '../binder/bind-program.ts'
import { compileProgram } from '../engine/compile-program.ts'
import type { ErrorRow, QueryInstance } from '../engine-port.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import type { Program, SqlValue } from '../plan.ts'
import { CaseFileError, type CaseRow, type CaseSchema, type SqlCase } from './case-file.ts'
import type { CaseErrorRow, CaseRun, CaseVariant } from './case-result.ts'
import type { CaseOutput, OutputRow } from './expectation.ts'

export function kdaBindOptions(file: SqlCase): BindOptions {
  return {
    text: file.program,
    fileName: `${file.name}.sql`,
    dialect: 'kda',
    inputs: [...file.schemas].map(([name, schema]) => ({ name, schema: schemaOf(schema.columns) })),
    references: [...file.referenceTables].map(([name, table]) => ({ name, schema: schemaOf(table.columns) })),
    outputs: [...new Set(file.expected.map(({ stream }) => stream))].filter(
      (name) => name !== '' && name.toLowerCase() !== 'error_stream',
    ),
  }
}

export function runKdaCase(file: SqlCase, variant: CaseVariant): CaseRun {
  const { program, diagnostics } = bindProgram(kdaBindOptions(file))
  if (program === undefined)
    return {
      outputs: new Map(),
      errors: [],
      refused: diagnostics.filter(({ severity }) => severity === 'error'),
    }
  return new KdaCaseRun(file, optimizeProgram(program), variant).run()
}

class KdaCaseRun {
  readonly #file: SqlCase
  readonly #program: Program
  readonly #variant: CaseVariant
  readonly #readers: ReadonlyMap<string, InputReader>
  readonly #outputs: Map<string, { columns: CaseOutput['columns']; rows: OutputRow[] }>
  readonly #errors: CaseErrorRow[] = []
  #instance: QueryInstance

  constructor(file: SqlCase, program: Program, variant: CaseVariant) {
    this.#file = file
    this.#program = program
    this.#variant = variant
    this.#readers = new Map([...file.schemas].map(([name, schema]) => [name, new InputReader(schema)]))
    this.#outputs = new Map(
      program.outputs.map((name) => {
        const fields = program.streams.find((stream) => stream.name === name)?.schema.fields ?? []
        return [name, { columns: fields, rows: [] }]
      }),
    )
    this.#instance = this.#fresh()
  }

  run(): CaseRun {
    for (const { rows, bound } of this.#batches()) {
      this.#process(rows, bound)
      if (this.#variant.restarts) this.#restart()
    }
    return { outputs: this.#outputs, errors: this.#errors, refused: undefined }
  }

  /** The input cut into micro-batches. A bound ends one. */
  #batches(): { rows: { stream: string; row: CaseRow }[]; bound: number }[] {
    const { inputs, bounds, end } = this.#file
    const rows = [...inputs]
      .flatMap(([stream, list]) => list.map((row) => ({ stream, row })))
      .sort((a, b) => a.row.seq - b.row.seq)
    const batches: { rows: { stream: string; row: CaseRow }[]; bound: number }[] = []
    let open: { stream: string; row: CaseRow }[] = []
    const close = (bound: number) => {
      batches.push({ rows: open, bound })
      open = []
    }
    const waiting = [...bounds].sort((a, b) => a.afterSeq - b.afterSeq || a.time - b.time)
    for (const [i, each] of rows.entries()) {
      while (waiting.length > 0 && waiting[0]!.afterSeq < each.row.seq) close(waiting.shift()!.time)
      open.push(each)
      const next = rows[i + 1]
      const boundFollows = waiting.length > 0 && waiting[0]!.afterSeq < (next?.row.seq ?? Infinity)
      if (!boundFollows && (this.#variant.batch === 'row' || next === undefined)) close(-Infinity)
    }
    for (const { time } of waiting) close(time)
    if (end === 'flush') close(Infinity)
    return batches
  }

  #process(rows: readonly { stream: string; row: CaseRow }[], bound: number): void {
    const batches = new Map<string, RowBatch>()
    for (const [origin, { stream, row }] of rows.entries()) {
      const reader = this.#readers.get(stream)
      if (reader === undefined)
        throw new CaseFileError(
          `inputs names "${stream}", but schemas has ${[...this.#readers.keys()].join(', ')}`,
        )
      if (!batches.has(stream)) batches.set(stream, reader.reset())
      const problem = reader.append(row, origin)
      if (problem !== undefined)
        this.#errors.push(errorRow({ ...problem, pump: '', rowtime: row.rowtime ?? 0, row: '', origin }))
    }
    const result = this.#instance.process({ inputs: batches, records: rows.length, bound })
    for (const error of result.errors) this.#errors.push(errorRow(error))
    for (const [name, batch] of result.outputs) {
      const output = this.#outputs.get(name)
      if (output !== undefined) readRows(batch, output.columns, output.rows)
    }
  }

  #fresh(): QueryInstance {
    const instance = compileProgram(this.#program)
    for (const { name, schema } of this.#program.references) {
      const table = this.#file.referenceTables.get(name)
      if (table !== undefined) instance.setReference(name, tableBatch(table.rows, schema))
    }
    return instance
  }

  #restart(): void {
    const old = this.#instance
    this.#instance = this.#fresh()
    for (const { operator } of old.stateInfo())
      for (const blob of old.snapshot(operator)) this.#instance.restore(operator, blob)
  }
}

/** Reads the rows of one input stream through the schema mapping. */
class InputReader {
  readonly #schema: CaseSchema
  readonly #columns: { name: string; key: string }[]
  readonly #reader: JsonRowReader
  readonly #rawReader: JsonRowReader
  readonly #batch: RowBatch

  constructor(schema: CaseSchema) {
    this.#schema = schema
    const types = schemaOf(schema.columns).fields
    this.#columns = schema.columns.map(({ name }, i) => ({ name, key: `c${i}` }))
    this.#reader = new JsonRowReader(types.map(({ name, type }, i) => ({ name, type, path: `$.c${i}` })))
    this.#rawReader = new JsonRowReader(
      types.map(({ name, type }, i) => ({ name, type, path: schema.columns[i]!.path ?? `$.${name}` })),
    )
    this.#batch = makeBatch({ fields: types })
  }

  reset(): RowBatch {
    resetBatch(this.#batch)
    return this.#batch
  }

  append(row: CaseRow, origin: number): { name: string; message: string } | undefined {
    const values = Object.fromEntries(this.#columns.map(({ name, key }) => [key, row.values[name] ?? null]))
    const raw = row.record !== undefined
    const bytes = Buffer.from(raw ? row.record : JSON.stringify(values), 'utf8')
    const reader = raw ? this.#rawReader : this.#reader
    reader.page(this.#batch, bytes)
    const problem = reader.locate(bytes, 0, bytes.length)
    if (problem !== null)
      return { name: 'ParseError', message: `${problem.reason}, at byte ${problem.offset}` }
    return reader.append(this.#batch, row.rowtime ?? 0, origin) ?? undefined
  }

  get format(): string {
    return this.#schema.recordFormat
  }
}

function schemaOf(columns: readonly { readonly name: string; readonly type: string }[]): Schema {
  return { fields: columns.map(({ name, type }) => ({ name, type: parseSqlType(type), nullable: true })) }
}

function tableBatch(rows: readonly (readonly unknown[])[], schema: Schema): RowBatch {
  const batch = makeBatch(schema)
  const reader = new JsonRowReader(
    schema.fields.map(({ name, type }, i) => ({ name, type, path: `$.c${i}` })),
  )
  for (const [i, row] of rows.entries()) {
    const values = Object.fromEntries(row.map((cell, c) => [`c${c}`, cell]))
    const bytes = Buffer.from(JSON.stringify(values), 'utf8')
    reader.page(batch, bytes)
    reader.locate(bytes, 0, bytes.length)
    const problem = reader.append(batch, 0, i)
    if (problem !== null) throw new CaseFileError(`row ${i + 1} of a reference table: ${problem.message}`)
  }
  return batch
}

function readRows(batch: RowBatch, columns: CaseOutput['columns'], into: OutputRow[]): void {
  for (let i = 0; i < batch.length; i++) {
    const values: SqlValue[] = columns.map(({ type }, c) => readCell(batch.columns[c]!, i, type))
    into.push({ kind: '+I', rowtime: batch.rowtime[i]!, values })
  }
}

function errorRow(error: ErrorRow): CaseErrorRow {
  return {
    fields: {
      ERROR_LEVEL: 'ERROR',
      ERROR_NAME: error.name,
      MESSAGE: error.message,
      DATA_ROWTIME: formatTimestamp(error.rowtime),
      PUMP_NAME: error.pump,
    },
  }
}
