/**
 * How rows that were read stand to the log.
 *
 * MariaDB: a consistent snapshot has a place in the log, and holds exactly the transactions that begin before it.
 *
 * MySQL writes a transaction to its log first, then makes it visible, and with GTIDs adds it to `gtid_executed` last. So what was in
 * `gtid_executed` before the rows were read is in them, what the log did not have afterwards is not, and between the two it is not known.
 * Without GTIDs, what the log had a while before (`settledMs`) counts as visible: the step between takes a fraction of a millisecond.
 */
import { CdcError } from '../../errors.ts'
import type { LogPosition } from '../../log/log-reader.ts'
import type { Transaction } from '../../model/log-event.ts'
import type { ChunkView } from '../../snapshot/table-reader.ts'
import { GtidState } from '../log/gtid-state.ts'
import { compareMysqlPositions, type MysqlPosition, readMysqlPosition } from '../log/mysql-position.ts'

export const settledMs = 1000

export interface ViewBounds {
  readonly family: 'mysql' | 'mariadb'
  /** Surely contained: transactions of `gtids` where both have them, else those that begin before the offset. Undefined: none is sure. */
  readonly before: MysqlPosition | undefined
  /** Surely not contained: what begins here or later. */
  readonly after: MysqlPosition
}

export class MysqlView implements ChunkView {
  readonly #bounds: ViewBounds
  readonly #before: GtidState | undefined
  readonly #after: GtidState | undefined
  /** Changes of a transaction follow each other: the answer to the last one asked for. */
  #last: { readonly transaction: Transaction; readonly answer: 'yes' | 'no' | 'maybe' } | undefined

  constructor(bounds: ViewBounds) {
    this.#bounds = bounds
    this.#before = gtidsOf(bounds.family, bounds.before)
    this.#after = gtidsOf(bounds.family, bounds.after)
  }

  contains(transaction: Transaction, position: LogPosition): 'yes' | 'no' | 'maybe' {
    if (this.#last?.transaction === transaction) return this.#last.answer
    const answer = this.#answer(transaction, readMysqlPosition(position))
    this.#last = { transaction, answer }
    return answer
  }

  isPassedBy(position: LogPosition): boolean {
    const { family, after } = this.#bounds
    const at = readMysqlPosition(position)
    if (isSameServer(at, after)) return (compareFiles(at, after) ?? -1) >= 0
    const gtids = gtidsOf(family, at)
    if (gtids === undefined || this.#after === undefined) throw otherServer(at, after)
    const order = gtids.compare(this.#after)
    return order === 0 || order === 1
  }

  #answer(transaction: Transaction, position: MysqlPosition): 'yes' | 'no' | 'maybe' {
    const { family, before, after } = this.#bounds
    const place = placeOf(transaction, position)
    const isSame = isSameServer(position, after)
    if (place !== undefined && isSame) {
      if ((compareFiles(place, after) ?? -1) >= 0) return 'no'
      if (family === 'mariadb') return 'yes'
    }
    const gtid = isGtid(transaction.id) ? GtidState.parse(family, transaction.id) : undefined
    if (gtid !== undefined && this.#before !== undefined) {
      const order = gtid.compare(this.#before)
      if (order === 0 || order === -1) return 'yes'
      return family === 'mariadb' ? 'no' : 'maybe'
    }
    if (!isSame) throw otherServer(position, after)
    if (before === undefined || place === undefined) return 'maybe'
    return (compareFiles(place, before) ?? 1) < 0 ? 'yes' : 'maybe'
  }
}

function gtidsOf(family: 'mysql' | 'mariadb', position: MysqlPosition | undefined): GtidState | undefined {
  const gtids = position?.gtids
  return gtids === undefined || gtids === '' ? undefined : GtidState.parse(family, gtids)
}

/** A file and an offset have a colon and digits behind a dot; GTIDs have none. */
function isGtid(id: string): boolean {
  return !/\.\d+:\d+$/.test(id)
}

/** Where the transaction begins. */
function placeOf({ place }: Transaction, { server }: MysqlPosition): MysqlPosition | undefined {
  const colon = place.lastIndexOf(':')
  if (colon === -1) return undefined
  const at = { file: place.slice(0, colon), offset: Number(place.slice(colon + 1)) }
  return server === undefined ? at : { ...at, server }
}

function isSameServer(a: MysqlPosition, b: MysqlPosition): boolean {
  return a.file !== '' && (a.server === undefined || b.server === undefined || a.server === b.server)
}

function compareFiles(a: MysqlPosition, b: MysqlPosition): number | undefined {
  const at = ({ file, offset }: MysqlPosition) => ({ file, offset })
  return compareMysqlPositions('mysql', at(a), at(b))
}

function otherServer(position: MysqlPosition, after: MysqlPosition): CdcError {
  return new CdcError(
    'CDC_CONNECT',
    `Rows were read from the server ${after.server} and the log comes from ${position.server}, without GTIDs to compare them by. ` +
      'The load goes on when both come from one server.',
  )
}
