/**
 * A cell of the KDA dialect: its program over streams of the directory, through the compiled engine that the app's queries have. Rows
 * are only added. ROWTIME is the arrival of a record, as in an app.
 */
import { MergedInput, RecordInputMapper } from '@millrace/runtime'
import { compileProgram, type HostFunctions, optimizeProgram, type SqlValue } from '@millrace/sql'
import { type RowBatch, readCell, type Schema } from '@millrace/values'
import { sqlFunctions } from '../sql-app/sql-functions.ts'
import { bindKdaCell, schemaOf } from './kda-program.ts'
import type { CellServices } from './run-flink-cell.ts'
import { CellFailure } from './sql-marks.ts'

const readRecords = 2_000
const readBytes = 256 * 1024
const pauseMs = 100
/** A commit becomes visible here at most so long after the time that it is stamped with. */
const visibleMs = 1_000

/** Errors: CellFailure with marks. */
export async function runKdaCell(services: CellServices): Promise<void> {
  const { job, store, clock, reporter, signal } = services
  const hosts: HostFunctions = new Map(sqlFunctions.map((fn) => [fn.name.toUpperCase(), fn]))
  const { marks, program, shown } = bindKdaCell(job, job.inputs, hosts)
  if (program === undefined || marks.some(({ severity }) => severity === 'error'))
    throw new CellFailure(marks)
  if (shown === undefined) {
    reporter.text('ok')
    return
  }
  const optimized = optimizeProgram(program)
  const instance = compileProgram(optimized)
  const used = job.inputs.filter(({ name }) => optimized.streams.some((stream) => stream.name === name))
  const mappers = used.map((input) => {
    const schema = schemaOf(input.columns)
    const bound = optimized.streams.find(({ name }) => name === input.name)?.schema ?? schema
    const columns = input.columns.map(([name, , path], i) => ({ name, path, type: schema.fields[i]!.type }))
    // Metadata columns that the program uses stand behind those of the records.
    const metadata = bound.fields.slice(schema.fields.length)
    return { input, mapper: new RecordInputMapper({ schema, columns, metadata }, input.format) }
  })
  const merged = new MergedInput(
    store,
    [...new Set(used.map(({ stream }) => stream))].map((stream) => ({
      stream,
      positions: (store.stream(stream)?.shardInfos ?? []).map(({ oldest, next }) =>
        job.from === 'latest' ? next : oldest,
      ),
    })),
  )
  reporter.begin(shown.schema.fields, { isAppendOnly: true, limit: job.rows, dialect: 'kda' })
  let records = 0
  const progress = () => ({
    records,
    changes: reporter.changes,
    ...(reporter.changes > 0 ? {} : { waiting: waiting(used, records) }),
  })
  while (!signal.aborted) {
    const { pieces, records: taken } = merged.take(readRecords, readBytes)
    for (const { mapper } of mappers) mapper.reset(taken)
    let base = 0
    let bound = pieces.length === 0 ? Math.floor(clock.now() - visibleMs) : Number.NEGATIVE_INFINITY
    for (const piece of pieces) {
      if (piece.kind === 'stretch') continue
      for (const { input, mapper } of mappers)
        if (input.stream === piece.batch.stream)
          mapper.map(piece, base, (_origin, _rowtime, name, message) =>
            reporter.refuse(`${name}: ${message}`),
          )
      base += piece.to - piece.from
      bound = Math.max(bound, Math.floor(piece.batch.arrivalTime))
    }
    const inputs = new Map(mappers.map(({ input, mapper }) => [input.name, mapper.rows]))
    const { outputs, errors } = instance.process({ inputs, records: base, bound })
    for (const { name, message, row } of errors) reporter.refuse(`${name}: ${message} in ${row}`)
    const rows = outputs.get(shown.name)
    if (rows !== undefined) for (const row of rowsOf(rows, shown.schema)) reporter.row(row, 0)
    // Nobody restores this instance.
    instance.takeChanges()
    records += base
    services.checkMemory()
    reporter.report(progress)
    if (pieces.length === 0) await clock.sleep(pauseMs, signal)
    else await new Promise((resolve) => setImmediate(resolve))
  }
  reporter.finish(progress)
}

function waiting(used: readonly { readonly name: string }[], records: number): string {
  if (records === 0) return `${used.map(({ name }) => `"${name}"`).join(', ')}: no record has come yet.`
  return `${records} records were read, and no row has come out yet. Windows give their rows when they end.`
}

function* rowsOf(batch: RowBatch, { fields }: Schema): Generator<readonly SqlValue[]> {
  for (let row = 0; row < batch.length; row++)
    yield fields.map(({ type }, c) => readCell(batch.columns[c]!, row, type) as SqlValue)
}
