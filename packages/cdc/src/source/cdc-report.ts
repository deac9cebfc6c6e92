/**
 * What a database source tells the host of itself, made of its status: one line for people, gauges for /metrics, and the status itself
 * as details. Pure; called about once a second. Cost: O(tables).
 */
import type { SourceGauge, SourceStatus } from '@millrace/runtime'
import type { CdcStatus, TableStatus } from './cdc-status.ts'

/** Gauges by name, with what each says. docs/metrics.md lists them; those that end in `_total` only grow. */
export const cdcGauges = {
  lag_ms: 'how far the newest change taken is behind the clock of the database',
  tables: 'tables by phase: waiting, loading, following, quarantined, dropped',
  loaded_rows: 'rows of a table that its load has taken',
  estimated_rows: 'rows of a table by the statistics of the database, while it is loaded',
  load_rows_per_second: 'rows of a table that its load takes each second',
  load_remaining_ms: 'how long the load of a table still takes, about',
  changes_total: 'changes of a table that were taken from the log',
  log_behind_bytes: 'bytes of log that the database keeps for this source',
  log_kept_bytes_max: 'bytes of log that the database keeps at most before it gives up on this source',
  log_expires_in_ms: 'time until the database drops the log at the position, if nothing is read',
} as const

const phases = ['waiting', 'loading', 'following', 'quarantined', 'dropped'] as const

export function sourceStatusOf(status: CdcStatus): SourceStatus {
  return { line: lineOf(status), gauges: gaugesOf(status), details: status }
}

function lineOf(status: CdcStatus): string {
  switch (status.phase) {
    case 'connecting':
      return `connecting to ${status.database}`
    case 'loading':
      return [loadText(status.tables), ...asideText(status.tables)].join('; ')
    case 'following':
      return [followText(status), ...asideText(status.tables)].join('; ')
    case 'done':
      return `done: ${counted(loadedRows(status.tables), 'row')} loaded from ${status.database}`
    case 'stopped':
      return `stopped at ${status.position}`
  }
}

/** The table that has the most to do speaks for all; the others are counted. */
function loadText(tables: readonly TableStatus[]): string {
  const loading = tables.filter(({ phase }) => phase === 'loading')
  const waiting = tables.filter(({ phase }) => phase === 'waiting').length
  const [first, ...rest] = [...loading].sort((a, b) => remainingOf(b) - remainingOf(a))
  if (first === undefined) return `waiting to load ${counted(waiting, 'table')}`
  const others = rest.length === 0 ? '' : ` and ${counted(rest.length, 'other table')}`
  const { loadedRows: rows, estimatedRows, rowsPerSecond, remainingMs } = first
  const share =
    estimatedRows === undefined || estimatedRows === 0
      ? counted(rows, 'row')
      : `${Math.min(99, Math.floor((100 * rows) / estimatedRows))} % of about ${counted(estimatedRows, 'row')}`
  return [
    `loading ${first.schema}.${first.table}${others}: ${share}`,
    ...(rowsPerSecond === undefined ? [] : [`${Math.round(rowsPerSecond).toLocaleString('en-US')} rows/s`]),
    ...(remainingMs === undefined ? [] : [`${durationText(remainingMs)} left`]),
    ...(waiting === 0 ? [] : [`${counted(waiting, 'table')} waiting`]),
  ].join(', ')
}

function followText({ tables, lagMs, database }: CdcStatus): string {
  const followed = tables.filter(({ phase }) => phase === 'following').length
  // The database stands last: what a narrow terminal cuts off is what changes least.
  const behind = lagMs === undefined ? 'nothing has changed yet in' : `${durationText(lagMs)} behind`
  return `following ${counted(followed, 'table')}, ${behind} ${database}`
}

function asideText(tables: readonly TableStatus[]): string[] {
  const names = tables
    .filter(({ phase }) => phase === 'quarantined')
    .map(({ schema, table }) => `${schema}.${table}`)
  if (names.length === 0) return []
  const shown = names.slice(0, 3).join(', ')
  return [`quarantined: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`]
}

function gaugesOf({ lagMs, tables, health }: CdcStatus): SourceGauge[] {
  const gauges: SourceGauge[] = []
  const add = (
    name: keyof typeof cdcGauges,
    value: number | undefined,
    labels?: { readonly [label: string]: string },
  ): void => {
    if (value !== undefined) gauges.push(labels === undefined ? { name, value } : { name, labels, value })
  }
  add('lag_ms', lagMs)
  for (const phase of phases) {
    add('tables', tables.filter((table) => table.phase === phase).length, { phase })
  }
  for (const each of tables) {
    const labels = { table: `${each.schema}.${each.table}` }
    add('loaded_rows', each.loadedRows, labels)
    add('changes_total', each.changes, labels)
    if (each.phase !== 'loading') continue
    add('estimated_rows', each.estimatedRows, labels)
    add('load_rows_per_second', each.rowsPerSecond, labels)
    add('load_remaining_ms', each.remainingMs, labels)
  }
  add('log_behind_bytes', health?.behindBytes)
  add('log_kept_bytes_max', health?.keptBytesMax)
  add('log_expires_in_ms', health?.expiresInMs)
  return gauges
}

function loadedRows(tables: readonly TableStatus[]): number {
  return tables.reduce((sum, table) => sum + table.loadedRows, 0)
}

/** Rows that a load still has to take; unknown is most. */
function remainingOf({ estimatedRows, loadedRows: rows }: TableStatus): number {
  return estimatedRows === undefined ? Number.POSITIVE_INFINITY : estimatedRows - rows
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`
}

/** `0.3 s`, `42 s`, `1:10 min`, `2:05 h`. */
function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 59.5) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes >= 60) return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)} h`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${twoDigits(whole % 60)} min`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
