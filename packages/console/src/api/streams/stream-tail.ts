/**
 * New records of a stream as they come, for people: a sample of those that match, and honest counts of all. At most ten messages a
 * second with at most 50 records each, whatever the stream does. What is not looked at, because more came than can be looked at
 * without holding up the thread that serves the API, is skipped and counted.
 *
 * Law: over all messages lookedAt + skipped + lost is the number of records that were appended between the two ends, and
 * matched = shown + notShown. Cost: nothing while nothing is committed but a look at a counter ten times a second.
 */
import type { AdminEvent } from '@millrace/gateway'
import { MergedInput, positionsAt, type RecordFilter, type Taken } from '@millrace/runtime'
import type { RecordBatch, Store, StreamInfo } from '@millrace/store'
import { type Clock, codeOf, type Random } from '@millrace/values'
import type { TailMessage } from '../../protocol/streams.ts'
import { positionToken } from './position-token.ts'
import { recordView } from './record-view.ts'

export interface TailOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly stream: string
  /** By shard: the next sequence to read. */
  readonly positions: readonly number[]
  readonly filter: RecordFilter | undefined
  readonly signal: AbortSignal
}

export const tailLimits = {
  everyMs: 100,
  /** Records of a message. */
  records: 50,
  payloadBytes: 2 * 1024,
  /** Records looked at for one message, and how many may wait before the oldest are skipped. */
  look: 20_000,
  lookBytes: 8 * 1024 * 1024,
  behind: 100_000,
} as const

const commentEveryMs = 15_000
/** Looked at before others get their turn. */
const slice = { records: 1_000, bytes: 512 * 1024 }
/** Packed records may be far more than their bytes, so time counts as well: of a turn, and of a look. */
const turnMs = 20
const lookMs = 500

export async function* tailStream(options: TailOptions): AsyncGenerator<AdminEvent> {
  const { store, clock, signal } = options
  const tail = new Tail(options)
  // No counter is below zero: the first turn looks.
  let seen = -1
  let toldAt = clock.now()
  let isBehind = false
  try {
    while (!signal.aborted) {
      const news = store.news()
      if (isBehind || news !== seen) {
        seen = news
        isBehind = await tail.look()
        const message = tail.message()
        if (message !== undefined) {
          toldAt = clock.now()
          yield { event: 'records', id: tail.token(), data: message }
        }
      }
      if (clock.now() - toldAt >= commentEveryMs) {
        toldAt = clock.now()
        yield {}
      }
      await clock.sleep(tailLimits.everyMs, signal)
    }
  } catch (error) {
    // The stream was deleted: there is no more to tell, and who comes back is told so.
    if (codeOf(error) !== 'STORE_UNKNOWN_STREAM') throw error
  }
}

interface Sampled {
  readonly batch: RecordBatch
  readonly index: number
  /** Place in the order of what matched. */
  readonly place: number
}

class Tail {
  readonly #options: TailOptions
  #input: MergedInput
  #sample: Sampled[] = []
  #lookedAt = 0
  #matched = 0
  #skipped = 0
  #lost = 0
  #since: number
  readonly #uid: string | undefined

  constructor(options: TailOptions) {
    const { store, stream, positions, clock } = options
    this.#uid = store.stream(stream)?.uid
    this.#options = options
    this.#input = new MergedInput(store, [{ stream, positions }])
    this.#since = clock.now()
  }

  /** Looks at what has come, as far as one message may; true if more is waiting. */
  async look(): Promise<boolean> {
    const { clock, signal } = this.#options
    this.#info()
    this.#skip()
    const endsAt = clock.now() + lookMs
    let bytes = 0
    while (!signal.aborted) {
      // Others had their turn: the stream may be gone.
      this.#info()
      const taken = this.#input.take(slice.records, slice.bytes)
      await this.#takeIn(taken)
      bytes += taken.bytes
      if (!taken.full) return false
      if (this.#lookedAt >= tailLimits.look || bytes >= tailLimits.lookBytes) return true
      if (clock.now() >= endsAt) return true
      await clock.sleep(0, signal)
    }
    return false
  }

  /** Undefined if there is nothing to tell. What it tells is forgotten. */
  message(): TailMessage | undefined {
    if (this.#lookedAt + this.#skipped + this.#lost === 0) return undefined
    const { filter, clock } = this.#options
    const now = clock.now()
    const info = this.#info()
    this.#sample.sort((a, b) => a.place - b.place)
    const message: TailMessage = {
      records: this.#sample.map(({ batch, index }) =>
        recordView(info, batch, index, { bytesMax: tailLimits.payloadBytes, filter }),
      ),
      lookedAt: this.#lookedAt,
      matched: this.#matched,
      notShown: this.#matched - this.#sample.length,
      skipped: this.#skipped,
      lost: this.#lost,
      spanMs: now - this.#since,
    }
    this.#since = now
    this.#sample = []
    this.#lookedAt = this.#matched = this.#skipped = this.#lost = 0
    return message
  }

  token(): string {
    return positionToken(this.#info(), this.#positions())
  }

  #info(): StreamInfo {
    const { store, stream } = this.#options
    const info = store.stream(stream)
    // One of its name that was made since is another.
    if (info !== undefined && info.uid === this.#uid) return info
    throw Object.assign(new Error(`stream "${stream}" is gone`), { code: 'STORE_UNKNOWN_STREAM' })
  }

  #positions(): number[] {
    // Cursors are made for all shards, in the order of their numbers.
    return this.#input.cursors.map(({ position }) => position)
  }

  /** Steps over what there is too much of. */
  #skip(): void {
    const { store, stream } = this.#options
    let waiting = 0
    for (const cursor of this.#input.cursors) waiting += cursor.lag()
    if (waiting <= tailLimits.behind) return
    const before = this.#positions()
    const positions = store.snapshot(() =>
      positionsAt(store, this.#info(), { kind: 'newest', records: tailLimits.look / 2 }),
    )
    const from = positions.map((position, shard) => Math.max(position, before[shard] ?? 0))
    for (const [shard, position] of from.entries()) this.#skipped += position - (before[shard] ?? 0)
    this.#input = new MergedInput(store, [{ stream, positions: from }])
  }

  async #takeIn({ pieces }: Taken): Promise<void> {
    const { filter, clock, signal } = this.#options
    let turnEndsAt = clock.now() + turnMs
    for (const piece of pieces) {
      if (piece.kind === 'stretch') {
        this.#lost += piece.to - piece.from
        continue
      }
      for (let i = piece.from; i < piece.to; i++) {
        this.#lookedAt++
        if (filter === undefined || filter.matches(piece.batch, i)) this.#keep(piece.batch, i)
        if (clock.now() < turnEndsAt) continue
        await clock.sleep(0, signal)
        turnEndsAt = clock.now() + turnMs
      }
    }
  }

  /** Each record that matches is shown with the same probability (reservoir sampling), so that rare kinds are seen, too. */
  #keep(batch: RecordBatch, index: number): void {
    const place = this.#matched++
    const entry = { batch, index, place }
    if (this.#sample.length < tailLimits.records) this.#sample.push(entry)
    else {
      const at = this.#options.random.below(place + 1)
      if (at < tailLimits.records) this.#sample[at] = entry
    }
  }
}
