/** The transactions that are behind us, of either family, and the one that is being read. Changed by copy, so that batches keep theirs. */
import type { MariadbGtid, MysqlGtid } from '../binlog/gtid-events.ts'
import { MariadbGtidSet } from '../binlog/mariadb-gtid-set.ts'
import { MysqlGtidSet } from '../binlog/mysql-gtid-set.ts'

export type Gtid = ({ readonly family: 'mysql' } & MysqlGtid) | ({ readonly family: 'mariadb' } & MariadbGtid)

export function gtidText(gtid: Gtid): string {
  return gtid.family === 'mysql'
    ? `${gtid.source}:${gtid.number}`
    : `${gtid.domain}-${gtid.server}-${gtid.number}`
}

export class GtidState {
  readonly #set: MysqlGtidSet | MariadbGtidSet

  private constructor(set: MysqlGtidSet | MariadbGtidSet) {
    this.#set = set
  }

  /** Error: CDC_POSITION. */
  static parse(family: 'mysql' | 'mariadb', text: string): GtidState {
    return new GtidState(family === 'mysql' ? MysqlGtidSet.parse(text) : MariadbGtidSet.parse(text))
  }

  /** With these too. */
  plus(gtids: readonly Gtid[]): GtidState {
    if (gtids.length === 0) return this
    const set = this.#set.copy()
    for (const gtid of gtids) {
      if (gtid.family === 'mysql' && set instanceof MysqlGtidSet) set.add(gtid.source, gtid.number)
      else if (gtid.family === 'mariadb' && set instanceof MariadbGtidSet) set.add(gtid)
    }
    return new GtidState(set)
  }

  /** -1: all of it is in the other, which has more; undefined: each has what the other lacks. */
  compare(other: GtidState): -1 | 0 | 1 | undefined {
    const [a, b] = [this.#set, other.#set]
    let isIn: boolean
    let hasAll: boolean
    if (a instanceof MysqlGtidSet && b instanceof MysqlGtidSet) {
      isIn = b.contains(a)
      hasAll = a.contains(b)
    } else if (a instanceof MariadbGtidSet && b instanceof MariadbGtidSet) {
      isIn = b.contains(a)
      hasAll = a.contains(b)
    } else return undefined
    return isIn ? (hasAll ? 0 : -1) : hasAll ? 1 : undefined
  }

  toText(): string {
    return this.#set.toText()
  }
}
