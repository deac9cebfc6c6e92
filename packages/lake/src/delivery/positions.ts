/**
 * Positions over several shards of several streams as plain lists of numbers: each shard that a stage has ever read has a place,
 * its index in every list. What a list lacks at its end counts as 0: nothing of shards that came later is covered. The places of a
 * stream that is read no more are retired; should the stream be read again, its shards get new ones.
 */

export interface Place {
  readonly stream: string
  readonly shard: number
  /** Of a retired one: how far it was read. Positions of plans name it still, so it must not seem to go back. */
  readonly retiredAt?: number
}

export class Places {
  readonly list: Place[] = []
  readonly #indexes = new Map<string, number[]>()

  constructor(known: readonly Place[] = []) {
    for (const place of known) {
      if (place.retiredAt !== undefined) this.list.push(place)
      else this.index(place.stream, place.shard)
    }
  }

  find(stream: string, shard: number): number | undefined {
    return this.#indexes.get(stream)?.[shard]
  }

  /** The place of a shard; a new one at the end if it has none. */
  index(stream: string, shard: number): number {
    let shards = this.#indexes.get(stream)
    if (shards === undefined) {
      shards = []
      this.#indexes.set(stream, shards)
    }
    let index = shards[shard]
    if (index === undefined) {
      index = this.list.length
      shards[shard] = index
      this.list.push({ stream, shard })
    }
    return index
  }

  /** Those of a stream that have not been retired. */
  of(stream: string): readonly number[] {
    return (this.#indexes.get(stream) ?? []).filter((index) => index !== undefined)
  }

  /** `read`: by place. */
  retire(stream: string, read: readonly number[]): void {
    for (const index of this.of(stream)) this.list[index] = { ...this.list[index]!, retiredAt: read[index]! }
    this.#indexes.delete(stream)
  }
}

/** Whether all positions of `a` are covered by `b`. */
export function isCovered(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i]! > (b[i] ?? 0)) return false
  return true
}
