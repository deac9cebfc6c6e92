/**
 * What a delivery stage reads: the shards of its input, one input after the other, and the count of records whose fate is open.
 *
 * After a stop reading begins again at the low position, below which all is settled. Up to `stored`, how far the stage had read when
 * it last committed, records are met again: each was settled (and counted), or counted as left out, or was in flight; the last are
 * found again one by one. What of them cannot be read any more is missed at the end and counts as dead.
 */
import {
  type DeliveryShardPosition,
  firstSequence,
  MergedInput,
  type Piece,
  type StreamTimes,
  type Stretch,
  streamTimes,
} from '@millrace/runtime'
import type { Store } from '@millrace/store'
import type { Input } from './input-chain.ts'
import { type Place, Places } from './positions.ts'

export interface StoredReading {
  readonly streams: { readonly [stream: string]: readonly DeliveryShardPosition[] }
  readonly earlier: number
  readonly inFlight: number
  readonly made?: StreamTimes
  /** Absent where all follow from `streams`. */
  readonly places: readonly Place[] | undefined
}

export class StageReading {
  readonly places: Places
  /** By place: the next record to read. */
  readonly read: number[] = []
  /** Those that are still to be read or settled, in order. */
  inputs: readonly Input[]
  /** By place: where the stage began, and how far it had read at its last commit. */
  readonly #starts: number[] = []
  readonly #stored: number[] = []
  readonly #store: Store
  readonly #hasRun: boolean
  #earlier: number
  /** Index of the input that is read. */
  #current = 0
  #merged: MergedInput | undefined
  /** In flight at the last stop and not met again yet. */
  #missing: number

  constructor(store: Store, inputs: readonly Input[], stored: StoredReading | undefined) {
    this.#store = store
    this.inputs = inputs
    this.#hasRun = stored !== undefined
    this.places = new Places(stored?.places ?? placesOf(stored))
    this.#earlier = stored?.earlier ?? 0
    this.#missing = stored?.inFlight ?? 0
    for (const [place, { stream, shard, retiredAt }] of this.places.list.entries()) {
      const position = retiredAt === undefined ? stored?.streams[stream]?.[shard] : undefined
      this.read[place] = retiredAt ?? position?.position ?? 0
      this.#starts[place] = position?.start ?? 0
      this.#stored[place] = position?.read ?? 0
    }
    this.#begin()
  }

  /** How many records were in flight at the last stop and have not been met again. */
  get missing(): number {
    return this.#missing
  }

  /** Records below `storedAt` are met again that were not settled. */
  found(records: number): void {
    this.#missing -= records
  }

  /** How far the place had been read at the last commit before the stop. */
  storedAt(place: number): number {
    return this.#stored[place] ?? 0
  }

  /** How far the place was ever read. */
  readAt(place: number): number {
    return Math.max(this.read[place]!, this.storedAt(place))
  }

  get isCatchingUp(): boolean {
    return this.read.some((position, place) => position < this.storedAt(place))
  }

  /** Once nothing more can be met again: what of the records in flight is lost, as one stretch. */
  lost(): Stretch | undefined {
    const lost = this.#missing
    if (lost <= 0 || this.isCatchingUp) return undefined
    this.#missing = 0
    const place = Math.max(
      0,
      this.#stored.findIndex((position) => position > 0),
    )
    const { stream, shard } = this.places.list[place]!
    const from = Math.max(0, this.storedAt(place) - lost)
    return {
      kind: 'stretch',
      stream,
      shard,
      from,
      to: from + lost,
      cause: 'retention',
      reason: `${lost} records were in flight at the last stop and cannot be read any more`,
      isCount: true,
    }
  }

  /** Pieces in the order of all shards, clipped to where the input ends. The caller moves `read`. */
  take(maxRecords: number, maxBytes: number): readonly Piece[] {
    for (;;) {
      const { pieces } = this.#merged!.take(maxRecords, maxBytes)
      const { until } = this.inputs[this.#current]!
      if (until === undefined) return pieces
      const clipped = pieces.flatMap((piece) => clip(piece, until))
      if (clipped.length > 0) return clipped
      if (this.#isRead(this.inputs[this.#current]!)) {
        this.#current++
        this.#begin()
      } else if (pieces.length === 0) return pieces
    }
  }

  placeOf(piece: Piece): number {
    const { stream, shard } = piece.kind === 'stretch' ? piece : piece.batch
    const place = this.places.index(stream, shard)
    this.read[place] ??= 0
    this.#starts[place] ??= 0
    return place
  }

  /**
   * Forgets inputs that were read to their ends, when all of them is settled; true if there was one. `low`: by place.
   */
  retire(low: readonly number[]): boolean {
    let retired = false
    while (this.#current > 0) {
      const { stream, until = [] } = this.inputs[0]!
      const places = this.places.of(stream)
      if (places.some((place) => low[place]! < this.read[place]!) || !this.#isRead({ stream, until })) break
      for (const place of places) this.#earlier += this.read[place]! - this.#starts[place]!
      this.places.retire(stream, this.read)
      this.inputs = this.inputs.slice(1)
      this.#current--
      retired = true
    }
    return retired
  }

  /** The chain was changed in the store: the current input ends, and others follow. */
  extend(inputs: readonly Input[]): void {
    this.inputs = inputs
  }

  /** For the stage's record. `low`: by place. */
  positions(low: readonly number[]): {
    readonly streams: { readonly [stream: string]: readonly DeliveryShardPosition[] }
    readonly earlier: number
  } {
    const streams: { [stream: string]: DeliveryShardPosition[] } = {}
    // Also those that come later: their records are needed.
    for (const { stream } of this.inputs) streams[stream] = []
    for (const [place, { stream, shard, retiredAt }] of this.places.list.entries()) {
      const shards = streams[stream]
      if (retiredAt !== undefined || shards === undefined) continue
      while (shards.length < shard) shards.push({ start: 0, position: 0, read: 0 })
      shards[shard] = { start: this.#starts[place]!, position: low[place]!, read: this.readAt(place) }
    }
    return { streams, earlier: this.#earlier }
  }

  made(): StreamTimes {
    return streamTimes(
      this.#store,
      this.inputs.map(({ stream }) => stream),
    )
  }

  /** Begins to read the current input. */
  #begin(): void {
    const { stream, starts } = this.inputs[this.#current]!
    const positions = (this.#store.stream(stream)?.shardInfos ?? []).map((info) => {
      const known = this.places.find(stream, info.shard)
      const place = known ?? this.places.index(stream, info.shard)
      if (known === undefined) {
        const first = starts === undefined ? firstSequence(info, this.#hasRun) : (starts[info.shard] ?? 0)
        this.read[place] = first
        this.#starts[place] = first
      }
      return this.read[place]!
    })
    this.#merged = new MergedInput(this.#store, [{ stream, positions }])
  }

  #isRead({ stream, until = [] }: Input): boolean {
    return until.every((end, shard) => (this.read[this.places.index(stream, shard)] ?? 0) >= end)
  }
}

function placesOf(stored: StoredReading | undefined): Place[] {
  return Object.entries(stored?.streams ?? {}).flatMap(([stream, shards]) =>
    shards.map((_, shard) => ({ stream, shard })),
  )
}

function clip(piece: Piece, until: readonly number[]): Piece[] {
  if (piece.kind === 'stretch') {
    const end = until[piece.shard] ?? 0
    return piece.from >= end ? [] : [{ ...piece, to: Math.min(piece.to, end) }]
  }
  const { batch, from, to } = piece
  const end = (until[batch.shard] ?? 0) - batch.firstSequence
  return from >= end ? [] : [{ kind: 'records', batch, from, to: Math.min(to, end) }]
}
