/** One source in words. Of a database: each table with its load, how near the log is to being lost, and the latest warnings. */
import type { CdcStatus, TableStatus } from '@millrace/cdc'
import { plainTable } from '../dead/letter-text.ts'
import { formatBytes, formatDuration } from '../format.ts'
import { cdcStatusOf, type SourceView } from './running-sources.ts'

export function statusText(source: SourceView): string {
  const status = cdcStatusOf(source)
  return [
    `${source.name}: ${source.state}${source.line === undefined ? '' : `, ${source.line}`}`,
    ...(status === undefined ? otherLines(source) : databaseLines(status)),
    '',
  ].join('\n')
}

function otherLines({ details }: SourceView): string[] {
  return details === undefined ? [] : [JSON.stringify(details)]
}

function databaseLines({ database, position, lagMs, health, tables, warnings }: CdcStatus): string[] {
  const facts: [string, string | undefined][] = [
    ['database', database],
    ['position', position],
    ['behind', lagMs === undefined ? 'nothing has come yet' : formatDuration(lagMs)],
    [
      'log kept for it',
      health?.behindBytes === undefined ? undefined : keptText(health.behindBytes, health.keptBytesMax),
    ],
    ['log expires in', health?.expiresInMs === undefined ? undefined : formatDuration(health.expiresInMs)],
    ['slot', health?.slotStatus],
  ]
  return [
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(16)}${value}`])),
    '',
    ...plainTable([
      ['table', 'phase', 'loaded', 'of about', 'rows/s', 'left', 'changes', 'reason'],
      ...tables.map(tableCells),
    ]),
    ...(warnings.length === 0 ? [] : ['']),
    ...warnings.map(
      ({ atMs, code, message }) => `${new Date(atMs).toISOString()} warning ${code}: ${message}`,
    ),
  ]
}

function tableCells(table: TableStatus): string[] {
  const { schema, table: name, phase, loadedRows, estimatedRows, rowsPerSecond, remainingMs } = table
  return [
    `${schema}.${name}`,
    phase,
    String(loadedRows),
    estimatedRows === undefined ? '-' : String(estimatedRows),
    rowsPerSecond === undefined ? '-' : String(Math.round(rowsPerSecond)),
    remainingMs === undefined ? '-' : formatDuration(remainingMs),
    String(table.changes),
    table.reason ?? '-',
  ]
}

function keptText(bytes: number, bytesMax: number | undefined): string {
  return bytesMax === undefined
    ? formatBytes(bytes)
    : `${formatBytes(bytes)} of ${formatBytes(bytesMax)} at most`
}
