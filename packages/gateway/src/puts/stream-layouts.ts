/**
 * Descriptions of streams for calls that need to know how shards hang together but not what they hold now: kept as long
 * as no shard was added, so that a put or a read does not look at every shard of its stream. What changes without that
 * (`next`, `oldest`, `bytes`, the retention) is that of the time when the description was taken.
 */
import type { Store, StreamInfo } from '@millrace/store'

/** Above this many streams the descriptions are taken anew. */
const STREAMS_MAX = 1024

export class StreamLayouts {
  readonly #store: Store
  readonly #infos = new Map<string, StreamInfo>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Undefined where there is no such stream. */
  of(stream: string): StreamInfo | undefined {
    const known = this.#infos.get(stream)
    // Every change of the shards adds one; a stream that was made anew has another time.
    if (
      known !== undefined &&
      known.shardInfos.length === this.#store.shardCount(stream) &&
      known.createdAt === this.#store.shard(stream, 0).createdAt
    ) {
      return known
    }
    const info = this.#store.stream(stream)
    if (info === undefined) return undefined
    if (this.#infos.size >= STREAMS_MAX) this.#infos.clear()
    this.#infos.set(stream, info)
    return info
  }
}
