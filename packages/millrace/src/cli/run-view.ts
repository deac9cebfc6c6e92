/**
 * What `millrace run` shows, as pure functions from a snapshot to lines of plain characters: the live view for a
 * terminal, one line for a log, and the report in words at the end.
 */
import type { AppSnapshot, Report, StageReport } from '@millrace/runtime'
import { fit, formatBytes, formatCount, formatDuration, formatMs, formatTable } from './format.ts'

export interface ViewSize {
  readonly columns: number
  readonly rows: number
}

export const watchingHint = 'ctrl-C drains and prints the report'
export const drainingHint =
  'draining: sources have stopped, what was read is being finished (ctrl-C again ends at once)'

/** Columns of the stage table from the most to the least important: a narrow terminal loses those at the end. */
const stageColumns = ['in', 'out', 'in/s', 'lag', 'errors', 'p50', 'p99', 'max', 'state'] as const

export interface ViewWords {
  /** The last line: what the user can do, or what is being done. */
  readonly hint?: string
  /** Events such as alarms; the last three are shown. */
  readonly notes?: readonly string[]
  /** Address of the web console. */
  readonly console?: string | undefined
}

export function liveView(
  snapshot: AppSnapshot,
  size: ViewSize,
  { hint = watchingHint, notes = [], console }: ViewWords = {},
): string[] {
  const head = `${snapshot.app}  running ${formatDuration(snapshot.elapsedMs)}`
  const lines = [
    head,
    ...(console === undefined ? [] : [`console at ${console}`]),
    '',
    ...stageTable(snapshot, size.columns),
    ...statusLines(snapshot),
    '',
    ...streamLines(snapshot, size.columns),
    '',
    ...lettersLine(snapshot),
    latencyLine(snapshot),
    ledgerLine(snapshot),
    ...snapshot.warnings.slice(-3).map((warning) => `warning ${warning.code}: ${warning.message}`),
    ...notes.slice(-3),
    '',
    hint,
  ]
  // One row stays free: a full screen would scroll, and redrawing in place would fail.
  return lines.slice(0, Math.max(1, size.rows - 1)).map((line) => fit(line, size.columns))
}

export function logLine(snapshot: AppSnapshot): string {
  const stages = snapshot.stages.map((stage) => {
    const live = snapshot.live.find((one) => one.name === stage.name)
    const lag = live === undefined || stage.kind === 'source' ? '' : ` lag ${formatCount(live.lagRecords)}`
    const errors = errorsOf(stage) === 0 ? '' : ` errors ${formatCount(errorsOf(stage))}`
    return `${stage.name} out ${formatCount(stage.out)} (${formatCount(live?.outPerSecond ?? 0)}/s)${lag}${errors}`
  })
  const statuses = statusLines(snapshot)
    .map((line) => ` | ${line}`)
    .join('')
  const { latencyMs } = snapshot
  const latency =
    latencyMs.count === 0 ? '' : ` | p50 ${formatMs(latencyMs.p50)} p99 ${formatMs(latencyMs.p99)}`
  return `${formatDuration(snapshot.elapsedMs)}: ${stages.join(', ')}${statuses}${latency}${snapshot.ledgerBalanced ? '' : ' | LEDGER NOT BALANCED'}`
}

/** The report in words: counts of every stage, where the records and items are, and whether the counts agree. */
export function reportText(report: Report): string {
  const rows = [
    ['stage', 'in', 'out', 'late', 'filtered', 'dead', 'in flight'],
    ...report.stages.map((stage) => [
      stage.name,
      ...[stage.in, stage.out, stage.late, stage.filtered, stage.dead, stage.inFlight].map(String),
    ]),
  ]
  const streams = report.streams.map((stream) => [
    stream.name,
    String(stream.records),
    formatBytes(stream.bytes),
  ])
  const tables = report.tables.map((table) => [table.name, String(table.items)])
  const letters = report.deadLetters.map(({ stage, waiting, redriven, dropped }) => [
    stage,
    ...[waiting, redriven, dropped].map(String),
  ])
  const states = report.stages.flatMap(({ name, state }) =>
    state.map(({ operator, rows, bytes }) => [`${name}: ${operator}`, String(rows), formatBytes(bytes)]),
  )
  return [
    `${report.app}: ${formatDuration(report.elapsedMs)}`,
    '',
    ...formatTable(rows),
    ...statusLines(report),
    '',
    ...formatTable([['stream', 'records', 'kept'], ...streams]),
    '',
    ...(tables.length === 0 ? [] : [...formatTable([['table', 'items'], ...tables]), '']),
    ...(letters.length === 0
      ? []
      : [...formatTable([['dead letters', 'waiting', 'redriven', 'dropped'], ...letters]), '']),
    ...(states.length === 0 ? [] : [...formatTable([['state', 'entries', 'size'], ...states]), '']),
    latencyLine(report),
    ledgerLine(report),
    ...report.warnings.map((warning) => `warning ${warning.code}: ${warning.message}`),
    '',
  ].join('\n')
}

function stageTable(snapshot: AppSnapshot, columns: number): string[] {
  const cells = snapshot.stages.map((stage) => {
    const live = snapshot.live.find((one) => one.name === stage.name)
    const latency = live?.latencyMs
    const timed = latency !== undefined && latency.count > 0 ? latency : undefined
    const ms = (value: number | undefined) => (value === undefined ? '-' : formatMs(value))
    return [
      stage.name,
      formatCount(stage.in),
      formatCount(stage.out),
      formatCount(live?.inPerSecond ?? 0),
      stage.kind === 'source' ? '-' : formatCount(live?.lagRecords ?? 0),
      formatCount(errorsOf(stage)),
      ms(timed?.p50),
      ms(timed?.p99),
      ms(timed?.max),
      live?.state ?? '-',
    ]
  })
  const rows = [['stage', ...stageColumns], ...cells]
  for (let count = rows[0]?.length ?? 0; count > 3; count--) {
    const lines = formatTable(rows.map((row) => row.slice(0, count)))
    if (lines.every((line) => line.length <= columns)) return lines
  }
  return formatTable(rows.map((row) => row.slice(0, 3)))
}

/** What sources say of themselves: how far a load is, how far behind its database one is. */
function statusLines({ stages }: Report): string[] {
  return stages.flatMap(({ name, status }) =>
    status === undefined ? [] : [`${name}: ${status.line.replaceAll(/[^ -~]/g, '?')}`],
  )
}

function streamLines(snapshot: AppSnapshot, columns: number): string[] {
  // The error and late streams of queries are worth a line only when something is in them.
  const shown = snapshot.streams.filter(
    (stream) => stream.records > 0 || !/\.(error_stream|late)$/.test(stream.name),
  )
  const rows = [
    ...shown.map((stream) => [
      stream.name,
      `${formatCount(stream.records)} records`,
      formatBytes(stream.bytes),
    ]),
    ...snapshot.tables
      .filter((table) => table.items > 0 || table.name !== 'dead-letters')
      .map((table) => [table.name, `${formatCount(table.items)} items`, '']),
  ]
  return formatTable(rows).map((line) => fit(line, columns))
}

/** Of stages that have some waiting: what is settled is in the report at the end. */
function lettersLine({ deadLetters }: Report): string[] {
  const waiting = deadLetters.filter((each) => each.waiting > 0)
  if (waiting.length === 0) return []
  const counts = waiting.map(({ stage, waiting: count }) => `${stage} ${formatCount(count)}`)
  return [`dead letters: ${counts.join(', ')} (see millrace dead list)`]
}

function latencyLine({ latencyMs }: Report): string {
  if (latencyMs.count === 0) return 'latency: no record has reached a table yet'
  const { count, p50, p90, p99, max } = latencyMs
  return `latency: p50 ${formatMs(p50)}, p90 ${formatMs(p90)}, p99 ${formatMs(p99)}, max ${formatMs(max)} over ${formatCount(count)}`
}

function ledgerLine(report: Report): string {
  return report.ledgerBalanced
    ? 'ledger: balanced (in = out + late + filtered + dead + in flight)'
    : 'ledger: NOT BALANCED: a stage has counted other records than it has read'
}

function errorsOf(stage: StageReport): number {
  // A record that died in a query stands in its error stream as well.
  return stage.late + Math.max(stage.dead, stage.errors)
}
