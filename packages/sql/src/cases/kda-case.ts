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
  type SqlType,
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
      (name) => name !== '' && name.toLowerCase() !== errorStream,
    ),
  }
}

export function runKdaCase(given: SqlCase, variant: CaseVariant): CaseRun {
  const file = { ...given, expected: namedAsDeclared(given) }
  const { program, diagnostics } = bindProgram(kdaBindOptions(file))
  if (program === undefined)
    return {
      outputs: new Map(),
      errors: [],
      refused: diagnostics.filter(({ severity }) => severity === 'error'),
    }
  const run = new KdaCaseRun(file, optimizeProgram(program), variant).run()
  const outputs = new Map(run.outputs)
  for (const [i, { stream }] of given.expected.entries()) {
    const output =
      stream.toLowerCase() === errorStream ? errorOutput(run.errors) : outputs.get(file.expected[i]!.stream)
    if (output !== undefined) outputs.set(stream, output)
  }
  return { ...run, outputs }
}

/** The error stream as an output like others; what a case cannot know of it is not among its columns. */
function errorOutput(errors: readonly CaseErrorRow[]): CaseOutput {
  const names = ['ERROR_LEVEL', 'ERROR_NAME', 'MESSAGE', 'DATA_ROWTIME', 'PUMP_NAME']
  return {
    columns: names.map((name) => ({ name, type: { kind: 'VARCHAR', length: 4096 } })),
    rows: errors.map(({ fields }) => ({
      kind: '+I',
      rowtime: undefined,
      values: names.map((name) => fields[name] ?? null),
    })),
  }
}

/**
 * Expectations whose stream the program declares in another spelling (a case may write `out` for OUT), or not at all, because
 * it is a bare SELECT, which has no name of the case's choosing.
 */
function namedAsDeclared(file: SqlCase): SqlCase['expected'] {
  const { program } = bindProgram({ ...kdaBindOptions(file), outputs: [] })
  if (program === undefined) return file.expected
  const declared = program.streams.filter(({ origin }) => origin === 'declared').map(({ name }) => name)
  return file.expected.map((expected) => {
    if (declared.includes(expected.stream) || expected.stream.toLowerCase() === errorStream) return expected
    const folded = declared.filter((name) => name.toUpperCase() === expected.stream.toUpperCase())
    if (folded.length === 1) return { ...expected, stream: folded[0]! }
    return program.outputs.length > 0 ? { ...expected, stream: '' } : expected
  })
}

const errorStream = 'error_stream'

class KdaCaseRun {
  readonly #file: SqlCase
  readonly #program: Program
  readonly #variant: CaseVariant
  readonly #readers: ReadonlyMap<string, InputReader>
  readonly #outputs: Map<string, { columns: CaseOutput['columns']; rows: OutputRow[] }>
  readonly #errors: CaseErrorRow[] = []
  /** Row time of the last row of each input stream. */
  readonly #reached = new Map<string, number>()
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
    // A row without a time of its own comes at the time that the rows before it have reached.
    let time = 0
    for (const each of rows) {
      time = Math.max(time, each.row.rowtime ?? time)
      each.row = { ...each.row, rowtime: each.row.rowtime ?? time }
    }
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
      const problem = this.#behind(stream, row) ?? reader.append(row, origin)
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

  /** Row times ascend on every stream; what feeds an input stream has to see to it. */
  #behind(stream: string, { rowtime = 0 }: CaseRow): { name: string; message: string } | undefined {
    const last = this.#reached.get(stream) ?? Number.NEGATIVE_INFINITY
    if (rowtime >= last) {
      this.#reached.set(stream, rowtime)
      return undefined
    }
    const message = `row time ${formatTimestamp(rowtime)} lies before ${formatTimestamp(last)}, the last of stream "${stream}"`
    return { name: 'OutOfOrder', message }
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
      columns: schema.columns.map(({ type }, i) => [`c${i}`, typeOf(type), `$.c${i}`]),
    })
    this.#payloads = makeRecordMapper({
      ...schema,
      columns: schema.columns.map(({ name, type, path }) => [name, typeOf(type), path]),
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
    this.#fields.forEach(({ type }, c) => {
      writeCell(batch.columns[c]!, at, type, values[c]! as CellValue)
    })
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
  return { fields: columns.map(({ name, type }) => ({ name, type: typeOf(type), nullable: true })) }
}

/** Text of no said length may have any. Input columns take NULL whatever is said. */
function typeOf(text: string): SqlType {
  const plain = text.trim().replace(/\s+NOT\s+NULL$/i, '')
  return parseSqlType(/^VARCHAR$/i.test(plain) ? 'VARCHAR(65535)' : plain)
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
