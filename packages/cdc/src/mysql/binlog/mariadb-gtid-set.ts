/**
 * How far MariaDB's domains were read: for each the last transaction, `domain-server-number`, in commas. Within a domain numbers only
 * grow, so the last one stands for all before it.
 */
import { CdcError } from '../../errors.ts'
import type { MariadbGtid } from './gtid-events.ts'

type Last = Pick<MariadbGtid, 'domain' | 'server' | 'number'>

export class MariadbGtidSet {
  readonly #last = new Map<number, Last>()

  /** Throws CDC_POSITION. Of several entries of a domain the one with the highest number counts. */
  static parse(text: string): MariadbGtidSet {
    const set = new MariadbGtidSet()
    for (const part of text.replace(/\s/g, '').split(',')) {
      if (part === '') continue
      const match = /^(\d{1,10})-(\d{1,10})-(\d{1,16})$/.exec(part)
      if (match === null) throw notASet(text, part)
      const [domain, server, number] = [Number(match[1]), Number(match[2]), Number(match[3])]
      if (!Number.isSafeInteger(number)) throw notASet(text, part)
      if (!set.has({ domain, number })) set.add({ domain, server, number })
    }
    return set
  }

  get isEmpty(): boolean {
    return this.#last.size === 0
  }

  /** What the log brings is always newer; a server that began its numbers anew is followed too. */
  add(gtid: Last): void {
    this.#last.set(gtid.domain, { domain: gtid.domain, server: gtid.server, number: gtid.number })
  }

  has({ domain, number }: { readonly domain: number; readonly number: number }): boolean {
    return (this.#last.get(domain)?.number ?? 0) >= number
  }

  contains(other: MariadbGtidSet): boolean {
    for (const last of other.#last.values()) if (!this.has(last)) return false
    return true
  }

  copy(): MariadbGtidSet {
    const copy = new MariadbGtidSet()
    for (const last of this.#last.values()) copy.add(last)
    return copy
  }

  toText(): string {
    return [...this.#last.values()]
      .sort((a, b) => a.domain - b.domain)
      .map(({ domain, server, number }) => `${domain}-${server}-${number}`)
      .join(',')
  }
}

function notASet(text: string, part: string): CdcError {
  return new CdcError(
    'CDC_POSITION',
    `"${text}" is no GTID position of MariaDB: "${part}" does not look like 0-1-100 (domain, server, number).`,
  )
}
