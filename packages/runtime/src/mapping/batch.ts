/**
 * Records of one lane that are tried together, with the history of their attempts.
 *
 * Records that are given up before their neighbours stay members, as dead ones, until the lane's position moves past
 * them: a lane has one position, so what lies behind it must not be settled before it. Every batch has at least one
 * member, but for the final call of a window, which has none.
 */
import type { BatchRecord } from '../stream-record.ts'

/** Why a record was given up. Records that were given up together share one. */
export interface Death {
  readonly error: unknown
  readonly cause: 'blamed' | 'attempts' | 'age' | 'expiry'
  /** How often the record was handed to the function. */
  readonly attempts: number
  /** Tries of the batch that count: what reports call the invoke count. */
  readonly tries: number
  /** Clock time of the first attempt, or of giving up if there was none. */
  readonly firstTime: number
  /** Whether the function as a whole failed, and not single records by its own report. */
  readonly functionFailed: boolean
  readonly requestId: string | undefined
}

export interface DeadMember {
  readonly record: BatchRecord
  readonly death: Death
}

export interface Passed {
  readonly done: readonly BatchRecord[]
  readonly dead: readonly DeadMember[]
}

const nobody: readonly DeadMember[] = []

export class Batch {
  /** Start of the tumbling window that it belongs to; undefined where there are none. */
  readonly window: number | undefined
  /** The final call of that window. */
  readonly isFinal: boolean
  /** Tries since the last progress; throttled calls do not count. */
  tries = 0
  /** Calls made with its first record. */
  attempts = 0
  /** Throttled calls in a row. */
  throttles = 0
  firstTime: number
  /** Clock time before which it must not be tried. */
  retryAt = 0
  running = false
  /** In order, the dead ones included. */
  private members: readonly BatchRecord[]
  private dead: Map<BatchRecord, Death> | undefined

  constructor(members: readonly BatchRecord[], nowMs: number, window?: number, isFinal = false) {
    this.members = members
    this.firstTime = nowMs
    this.window = window
    this.isFinal = isFinal
  }

  get size(): number {
    return this.members.length
  }

  get first(): BatchRecord | undefined {
    return this.members[0]
  }

  /** Of all members, the dead ones included. */
  *positions(): Generator<number> {
    for (const { position } of this.members) yield position
  }

  /** The records to be tried. */
  live(): readonly BatchRecord[] {
    const { dead } = this
    return dead === undefined ? this.members : this.members.filter((record) => !dead.has(record))
  }

  giveUp(records: Iterable<BatchRecord>, death: Death): void {
    this.dead ??= new Map()
    for (const record of records) this.dead.set(record, death)
  }

  /** Takes the first `live` live records out, and all dead ones before the next live one. */
  pass(live: number): Passed {
    const { members, dead } = this
    if (dead === undefined) {
      this.members = live === members.length ? [] : members.slice(live)
      return { done: live === members.length ? members : members.slice(0, live), dead: nobody }
    }
    const done: BatchRecord[] = []
    const gone: DeadMember[] = []
    let at = 0
    for (; at < members.length; at++) {
      const record = members[at]!
      const death = dead.get(record)
      if (death !== undefined) gone.push({ record, death })
      else if (done.length < live) done.push(record)
      else break
    }
    this.members = members.slice(at)
    return { done, dead: gone }
  }

  /** Gives what puts it back as it is now. */
  saved(): () => void {
    const { members, tries, attempts, throttles } = this
    const dead = this.dead && new Map(this.dead)
    return () => {
      this.members = members
      this.dead = dead
      this.tries = tries
      this.attempts = attempts
      this.throttles = throttles
    }
  }

  /** Cuts it before its live record `at`; this is the first part from now on, and the second one is returned. */
  cut(at: number): Batch {
    const first = this.live()[at]!
    const index = this.members.indexOf(first)
    const rest = new Batch(this.members.slice(index), this.firstTime, this.window)
    rest.dead = this.dead
    rest.attempts = this.attempts
    this.members = this.members.slice(0, index)
    return rest
  }
}
