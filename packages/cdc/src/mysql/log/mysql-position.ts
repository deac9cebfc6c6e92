/**
 * A place in the log of MySQL or MariaDB, as it is committed: what people write for it, and which of two comes first.
 *   `mysql-bin.000024:373`, a GTID set `uuid:1-23`, a GTID position `0-1-100`
 * A place inside of a transaction is that of its start and how many of its changes were taken.
 */
import { CdcError } from '../../errors.ts'
import type { LogPosition } from '../../log/log-reader.ts'
import { GtidState } from './gtid-state.ts'

/** Reading goes on by `gtids` where the server has them all, else by file and offset. */
export type MysqlPosition = {
  /** Empty: not known, only `gtids` are. */
  readonly file: string
  /** Of the first event of a transaction, or of what comes after the last one; 4 is the start of a file. */
  readonly offset: number
  /** The transactions that are behind us, as text: MySQL `uuid:1-5,...`, MariaDB `0-1-100,...`. Absent where the server has none. */
  readonly gtids?: string
  /** Changes of the transaction that comes next that were taken already; absent: none. Counts all, also those of tables not selected. */
  readonly taken?: number
  /** GTID of the transaction that `taken` counts in, where it has one. */
  readonly transaction?: string
  /** Whose file it is: MySQL's server_uuid, MariaDB's server_id. */
  readonly server?: string
}

/** Error: CDC_POSITION. */
export function readMysqlPosition(position: LogPosition): MysqlPosition {
  const { file, offset, gtids, taken, transaction, server } = position
  const isRight =
    typeof file === 'string' &&
    isCount(offset) &&
    (file !== '' || gtids !== undefined) &&
    (gtids === undefined || typeof gtids === 'string') &&
    (taken === undefined || isCount(taken)) &&
    (transaction === undefined || typeof transaction === 'string') &&
    (server === undefined || typeof server === 'string')
  if (!isRight) {
    throw new CdcError(
      'CDC_POSITION',
      `This is no position of a MySQL or MariaDB log: ${JSON.stringify(position)}.`,
    )
  }
  return {
    file,
    offset,
    ...(gtids === undefined ? {} : { gtids }),
    ...(taken === undefined ? {} : { taken }),
    ...(transaction === undefined ? {} : { transaction }),
    ...(server === undefined ? {} : { server }),
  }
}

/** Error: CDC_POSITION. */
export function parseMysqlPosition(family: 'mysql' | 'mariadb', text: string): MysqlPosition {
  const match = /^([^\s:,/\\]+\.\d+):(\d{1,15})$/.exec(text.trim())
  if (match !== null) return { file: match[1]!, offset: Math.max(4, Number(match[2])) }
  const gtids = GtidState.parse(family, text).toText()
  if (gtids !== '') return { file: '', offset: 4, gtids }
  throw new CdcError(
    'CDC_POSITION',
    `"${text}" is no position of a log. One looks like mysql-bin.000024:373, or is a GTID set such as ${family === 'mysql' ? '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-23' : '0-1-100'}.`,
  )
}

export function mysqlPositionText({ file, offset, gtids, taken }: MysqlPosition): string {
  const inside = taken === undefined ? '' : ` + ${taken}`
  const place = file === '' ? '' : `${file}:${offset}${inside}`
  return gtids === undefined || gtids === '' ? place : place === '' ? gtids : `${place} (${gtids})`
}

/** Negative: `a` is before `b`. Undefined: they have no order. */
export function compareMysqlPositions(
  family: 'mysql' | 'mariadb',
  a: MysqlPosition,
  b: MysqlPosition,
): number | undefined {
  const [takenA, takenB] = [a.taken ?? 0, b.taken ?? 0]
  if (a.gtids !== undefined && b.gtids !== undefined && a.gtids !== '' && b.gtids !== '') {
    const order = GtidState.parse(family, a.gtids).compare(GtidState.parse(family, b.gtids))
    return order === 0 ? takenA - takenB : order
  }
  if (a.server !== undefined && b.server !== undefined && a.server !== b.server) return undefined
  const fileA = numbered(a.file)
  const fileB = numbered(b.file)
  if (fileA === undefined || fileB === undefined || fileA.base !== fileB.base) return undefined
  return fileA.number - fileB.number || a.offset - b.offset || takenA - takenB
}

function numbered(file: string): { readonly base: string; readonly number: number } | undefined {
  const match = /^(.*)\.(\d+)$/.exec(file)
  return match === null ? undefined : { base: match[1]!, number: Number(match[2]) }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
