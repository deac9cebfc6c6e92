/** Runs a case of the KDA dialect: rows in arrival order with their row times, bounds where the case says so. */
import {
  type CellValue,
  formatTimestamp,
  JsonRowReader,
  makeBatch,
  parseSqlType,
  type RowBatch,
  readCell,
  resetBatch,
  type Schema,
  writeCell,
} from '@millrace/values'
import { type BindOptions, bindProgram } from '../binder/bind-program.ts'
import { compileProgram } from '../engine/compile-program.ts'
import type { ErrorRow, QueryInstance } from '../engine-port.ts'
import { makeRecordMapper, type RecordMapper } from '../mapping/record-mapper.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import type { Program, SqlValue } from '../plan.ts'
import { CaseFileError, type CaseRow, type CaseSchema, parseCaseTime, type SqlCase } from './case-file.ts'
import type { CaseErrorRow, CaseRun, CaseVariant } from './case-result.ts'
import type { CaseOutput, OutputRow } from './expectation.ts'

export function kdaBindOptions(file: SqlCase): BindOptions {
  return {
    text: file.program,
    fileName: `${file.name}.sql`,
    dialect: 'kda',
    inputs: [...file.schemas].map(([name, schema]) => ({
      name,
      schema: schemaOf(schema.columns),
      metadata: true,
    })),
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
    this.#readers = new Map(
      [...file.schemas].map(([name, schema]) => {
        const stream = program.streams.find((each) => each.name === name)
        return [name, new InputReader(schema, stream?.schema ?? schemaOf(schema.columns))]
      }),
    )
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

/** Reads the rows of one input stream through the schema mapping; metadata columns stand behind the mapped ones. */
class InputReader {
  readonly #columns: readonly { readonly name: string; readonly key: string }[]
  readonly #fields: Schema['fields']
  readonly #metadata: Schema['fields']
  readonly #values: RecordMapper
  readonly #payloads: RecordMapper
  readonly #batch: RowBatch

  /** `bound`: the stream as the program sees it. */
  constructor(schema: CaseSchema, bound: Schema) {
    this.#fields = bound.fields.slice(0, schema.columns.length)
    this.#metadata = bound.fields.slice(schema.columns.length)
    this.#columns = schema.columns.map(({ name }, i) => ({ name, key: `c${i}` }))
    this.#values = makeRecordMapper({
      recordFormat: 'JSON',
      columns: schema.columns.map(({ type }, i) => [`c${i}`, type, `$.c${i}`]),
    })
    this.#payloads = makeRecordMapper({
      ...schema,
      columns: schema.columns.map(({ name, type, path }) => [name, type, path]),
    })
    this.#batch = makeBatch(bound)
  }

  reset(): RowBatch {
    resetBatch(this.#batch)
    return this.#batch
  }

  /** A payload may give several rows. */
  append(row: CaseRow, origin: number): { name: string; message: string } | undefined {
    const mapped =
      row.record === undefined
        ? this.#values(
            JSON.stringify(
              Object.fromEntries(this.#columns.map(({ name, key }) => [key, row.values[name] ?? null])),
            ),
          )
        : this.#payloads(row.record)
    if ('error' in mapped) return mapped.error
    for (const values of mapped.rows) this.#add(values, row, origin)
    return undefined
  }

  #add(values: readonly SqlValue[], row: CaseRow, origin: number): void {
    const batch = this.#batch
    const at = batch.length
    batch.reserve(at + 1)
    // Columns hold the flat types only.
    this.#fields.forEach(({ type }, c) => writeCell(batch.columns[c]!, at, type, values[c]! as CellValue))
    this.#metadata.forEach(({ name, type }, c) => {
      writeCell(batch.columns[this.#fields.length + c]!, at, type, metadataOf(name, row))
    })
    batch.rowtime[at] = row.rowtime ?? 0
    batch.origin[at] = origin
    batch.length = at + 1
  }
}

/** As the row says; else what a source with one shard would say. */
function metadataOf(name: string, row: CaseRow): CellValue {
  const given = row.values[name] ?? row.values[`$${name}`]
  switch (name) {
    case 'APPROXIMATE_ARRIVAL_TIME':
      return typeof given === 'string' ? parseCaseTime(given) : (row.rowtime ?? 0)
    case 'SHARD_ID':
      return typeof given === 'string' ? given : 'shardId-000000000000'
    case 'SEQUENCE_NUMBER':
      return String(given ?? row.seq)
    default:
      return given === undefined || given === null ? null : String(given)
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
