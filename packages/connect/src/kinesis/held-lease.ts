/**
 * A lease as its owner holds it: changes go one after the other, since each raises the counter that the next one must
 * know, and each of them is a heartbeat too. A change that is refused means that another worker has the shard: the lease
 * is lost for good, its signal aborts, and nothing can be written under it any more.
 *
 * A change that failed without an answer may have been made. The next one that is refused then looks at the table: if
 * this worker is the owner still, nobody came in between, and it goes on from what it finds.
 */
import type { Clock } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import { type Checkpoint, isCovered, type Lease, type LeaseChange, type LeaseTable } from './lease.ts'

export class HeldLease {
  readonly leaseKey: string
  /** Whether it was taken from a living worker, which may be working on a batch still. */
  readonly isStolen: boolean
  readonly #table: LeaseTable
  readonly #clock: Clock
  readonly #lost = new AbortController()
  #lease: Lease
  #renewedAt: number
  #isUncertain = false
  #last: Promise<unknown> = Promise.resolve()

  /** `takenAt`: when the call that took it began. */
  constructor(
    table: LeaseTable,
    clock: Clock,
    lease: Lease,
    { takenAt, isStolen }: { takenAt: number; isStolen: boolean },
  ) {
    this.leaseKey = lease.leaseKey
    this.isStolen = isStolen
    this.#table = table
    this.#clock = clock
    this.#lease = lease
    this.#renewedAt = takenAt
  }

  get lease(): Lease {
    return this.#lease
  }

  /** Aborts when the lease is lost or given up. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** When the last change that was made began: others count the time of its silence from then or later. */
  get renewedAt(): number {
    return this.#renewedAt
  }

  renew(): Promise<void> {
    return this.change({})
  }

  /** Moves the checkpoint; one that is covered already is no change. Error: LEASE_LOST. */
  async checkpoint(to: Checkpoint): Promise<void> {
    if (isCovered(this.#lease, to)) {
      if (this.signal.aborted) throw this.lostError()
      return
    }
    await this.change({
      checkpoint: to.sequenceNumber,
      checkpointSubSequenceNumber: to.subSequence,
      ownerSwitchesSinceCheckpoint: 0,
    })
  }

  /** Error: LEASE_LOST; others are those of the table. */
  change(change: LeaseChange): Promise<void> {
    const made = this.#last.then(() => this.#change(change))
    this.#last = made.catch(() => undefined)
    return made
  }

  /** From now on it counts as lost. */
  giveUp(): void {
    this.#lost.abort()
  }

  lostError(): ConnectError {
    return new ConnectError(
      'LEASE_LOST',
      `${this.leaseKey} is not this worker’s any more: another one has taken it and goes on after the last checkpoint. ` +
        'Stop working on the batch; its records come again there.',
    )
  }

  async #change(change: LeaseChange): Promise<void> {
    if (this.signal.aborted) throw this.lostError()
    let startedAt = this.#clock.now()
    let changed = await this.#update(change)
    if (changed === undefined && this.#isUncertain) {
      const found = await this.#table.get(this.leaseKey)
      if (found !== undefined && found.leaseOwner === this.#lease.leaseOwner) {
        this.#lease = found
        startedAt = this.#clock.now()
        changed = await this.#update(change)
      }
    }
    if (changed === undefined) {
      this.giveUp()
      throw this.lostError()
    }
    this.#isUncertain = false
    this.#lease = changed
    this.#renewedAt = startedAt
  }

  async #update(change: LeaseChange): Promise<Lease | undefined> {
    try {
      return await this.#table.update(this.#lease, change)
    } catch (error) {
      this.#isUncertain = true
      throw error
    }
  }
}
