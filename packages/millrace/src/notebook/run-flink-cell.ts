/**
 * A cell of the Flink dialect: its statements one after the other, in the session that the cells above have made. A SELECT runs until
 * its sources end or it is stopped; an INSERT INTO a stream is a job that appends like any producer, until it is stopped. Nothing of it
 * is durable: what has been appended stays, and a new run begins at the beginning.
 */
import { type ConnectorHost, tableConnectors } from '@millrace/connect'
import {
  type ChangelogProgram,
  type ChangelogResult,
  type Encoder,
  encoderOf,
  explainChangelog,
  FlinkSession,
  type FlinkStatementResult,
  type HostFunctions,
  partitionKeyNames,
  partitionKeyText,
  type Row,
  type RowKind,
  rowKind,
  type Sink,
  splitStatements,
  type TableInfo,
} from '@millrace/sql'
import type { Store } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { runQuery } from '../shell/query-run.ts'
import { sinkUse } from '../shell/sink-use.ts'
import { sqlFunctions } from '../sql-app/sql-functions.ts'
import type { AppendBatch, ProcessJob } from './cell-messages.ts'
import type { CellReporter } from './cell-reporter.ts'
import { CellFailure, explainUnknown, marksOf } from './sql-marks.ts'
import { waitingReason, watermarkOf } from './waiting-reason.ts'

export interface CellServices {
  readonly job: ProcessJob
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly reporter: CellReporter
  readonly signal: AbortSignal
  /** Resolves when the records are on disk. */
  append(batch: AppendBatch): Promise<void>
  /** Throws NOTEBOOK_MEMORY. */
  checkMemory(): void
}

const encoder = new TextEncoder()
const tombstone = new Uint8Array(0)
/** Of one append, which is one commit. */
const appendRecords = 500
const appendBytes = 1024 * 1024

/** Errors: CellFailure with marks; those of queries. */
export async function runFlinkCell(services: CellServices): Promise<void> {
  const { job, reporter, signal } = services
  const hosts: HostFunctions = new Map(sqlFunctions.map((fn) => [fn.name.toUpperCase(), fn]))
  const session = openSession(job, hosts)
  let from = 0
  for (const statement of splitStatements(job.text, 'flink')) {
    if (signal.aborted) return
    from = job.text.indexOf(statement, from)
    const { results, diagnostics } = session.execute(statement)
    const marks = explainUnknown(
      marksOf(diagnostics, statement, { offset: from, dialect: 'flink' }),
      job.unknown,
    )
    if (marks.some(({ severity }) => severity === 'error')) throw new CellFailure(marks)
    for (const result of results) {
      if (result.kind === 'program') await runProgram(services, result.program, hosts)
      else showReply(result, reporter)
    }
    from += statement.length
  }
}

/** The session after the cells above. Their queries are not run, and their errors are shown where they stand. */
export function openSession(
  { declarations, before }: Pick<ProcessJob, 'declarations' | 'before'>,
  hosts: HostFunctions,
): FlinkSession {
  const directory = new FlinkSession({ hosts })
  for (const declaration of declarations) directory.execute(declaration)
  const session = new FlinkSession({
    hosts,
    tables: [...directory.tables().values()],
    explain: explainChangelog,
  })
  for (const text of before) session.execute(text)
  return session
}

function showReply(result: FlinkStatementResult, reporter: CellReporter): void {
  if (result.kind === 'done') reporter.text('ok')
  if (result.kind !== 'reply') return
  const { columns, rows } = result.reply
  if (columns.length === 1 && rows.length === 1) reporter.text(rows[0]?.[0] ?? '')
  else
    reporter.table(
      columns.map((name) => ({ name, type: 'STRING', isNumber: false, isTime: false })),
      rows,
    )
}

async function runProgram(
  services: CellServices,
  program: ChangelogProgram,
  hosts: HostFunctions,
): Promise<void> {
  const { job, reporter, store, clock, random, signal } = services
  if (!job.mayReadFiles) refuseFiles(program)
  const uses = new Map<string, SinkWriter>()
  // One after the other: a cell has one append under way at a time.
  for (const sink of program.sinks) uses.set(sink.name, await openSink(sink, services))
  const host: ConnectorHost = { folder: job.folder, print: (line) => reporter.text(line) }
  let written = 0
  const take = async ({ outputs, errors, late }: ChangelogResult) => {
    for (const [name, { rows, kinds }] of outputs) written += (await uses.get(name)?.(rows, kinds)) ?? 0
    for (const { name, message, row } of errors) reporter.refuse(`${name}: ${message} in ${row}`)
    for (const { where, row } of late) reporter.refuse(`late at ${where}: ${row}`)
  }
  let last: (() => void) | undefined
  await runQuery({
    program,
    connectors: tableConnectors,
    functions: hosts,
    host,
    clock,
    random,
    store,
    from: job.from,
    signal,
    onChanges: async (result, { records, unread, status }) => {
      await take(result)
      services.checkMemory()
      const progress = () => {
        const now = status()
        const watermark = watermarkOf(now)
        const changes = reporter.changes + written
        const waiting = changes > 0 ? undefined : waitingReason(program, records, now)
        return {
          records,
          changes,
          ...(watermark === undefined ? {} : { watermark }),
          ...(waiting === undefined ? {} : { waiting }),
        }
      }
      last = () => reporter.finish(progress, unread)
      reporter.report(progress, unread)
    },
  })
  last?.()
}

/** Error: SQL_CONNECTOR_UNKNOWN. */
function refuseFiles({ tables }: ChangelogProgram): void {
  for (const { name, options } of tables.values()) {
    if (options.connector !== 'filesystem') continue
    throw new MillraceError(
      'SQL_CONNECTOR_UNKNOWN',
      `Table ${name}: the access key may not read files of the machine ('connector' = 'filesystem').`,
      { next: `Read a stream, a table or the lake; or have a key whose policy allows millrace:UseFiles.` },
    )
  }
}

/** Takes the changes of a sink; resolves to how many records were written. */
type SinkWriter = (rows: readonly Row[], kinds: readonly RowKind[]) => Promise<number>

/** Error: SQL_CONNECTOR_UNKNOWN. */
async function openSink(sink: Sink, services: CellServices): Promise<SinkWriter> {
  const { reporter, job } = services
  const { table, plan } = sink
  const use = sinkUse(sink)
  if (use === 'shown') {
    const isAppendOnly = plan.traits.changes === 'append'
    reporter.begin(plan.schema.fields, { isAppendOnly, limit: job.rows, dialect: 'flink' })
    return async (rows, kinds) => {
      for (const [i, row] of rows.entries()) reporter.row(row, kinds[i]!)
      return 0
    }
  }
  if (use === 'dropped') return async (rows) => rows.length
  if (use === 'stream' && table !== undefined) {
    reporter.text(`INSERT INTO ${table.name} runs until it is stopped`)
    return streamWriter(sink, table, services)
  }
  throw new MillraceError(
    'SQL_CONNECTOR_UNKNOWN',
    `A cell writes nothing outside: ${sink.name} has the connector '${table?.options.connector ?? ''}'.`,
    {
      next: `Write to a stream ('connector' = 'stream'), or make the cell a query of an app and run that: millrace run FILE.sql.`,
    },
  )
}

async function streamWriter(sink: Sink, table: TableInfo, { append }: CellServices): Promise<SinkWriter> {
  const records = encoderOf(table)
  const columns = keyPlaces(sink, table)
  const stream = table.options.stream ?? table.name
  const shards = Math.max(1, Number(table.options.shards ?? 1) || 1)
  let numbered = 0
  // The stream is there before its first row, which may take a window: cells below can read it at once.
  await append({ stream, shards, records: [] })
  return async (rows, kinds) => {
    let batch: { key: Uint8Array; data: Uint8Array }[] = []
    let bytes = 0
    let written = 0
    const send = async () => {
      if (batch.length > 0) await append({ stream, shards, records: batch })
      written += batch.length
      batch = []
      bytes = 0
    }
    for (const [i, row] of rows.entries()) {
      const data = recordOf(records, row, kinds[i]!)
      if (data === undefined) continue
      // Without a key records are to spread over all shards.
      const key = encoder.encode(columns.length === 0 ? String(numbered++) : partitionKeyText(row, columns))
      batch.push({ key, data })
      bytes += key.length + data.length
      if (batch.length >= appendRecords || bytes >= appendBytes) await send()
    }
    await send()
    return written
  }
}

/** As a query of an app writes them: a format without kinds says the last row of each key. */
function recordOf(records: Encoder, row: Row, kind: RowKind): Uint8Array | undefined {
  if (records.takesChanges || kind === rowKind.insert) return records.encode(row, kind)
  if (kind === rowKind.updateBefore) return undefined
  return kind === rowKind.updateAfter ? records.encode(row, kind) : tombstone
}

function keyPlaces({ plan, key }: Sink, table: TableInfo): readonly number[] {
  const names = plan.schema.fields.map(({ name }) => name)
  const asked = partitionKeyNames(table.options)
    .map((name) => names.indexOf(name))
    .filter((place) => place >= 0)
  return asked.length === 0 ? (key ?? []) : asked
}
