/**
 * Where a stage begins in each shard, and how watermarks pass from shards that were closed to those that followed them.
 *
 * A shard that was opened while the program runs says nothing about time before its first row, and would hold the watermark
 * back for as long. But all that its parents held comes before its own records, so it begins with the least of their
 * watermarks, once they are read to their ends; a parent counts no more when all its children have begun.
 */
import type { ChangelogInstance } from '@millrace/sql'
import type { ShardInfo, Store } from '@millrace/store'

/** The first sequence to read: of a stage that has never run the oldest one; else shards opened since are read whole. */
export function firstSequence(shard: ShardInfo, hasRun: boolean): number {
  return hasRun && shard.parents.length > 0 ? 0 : shard.oldest
}

export class ShardLineage {
  private readonly store: Store
  private readonly stream: string
  private readonly table: string
  private readonly instance: ChangelogInstance
  /** Shards that have not taken over from their parents. */
  private readonly waiting = new Set<number>()

  /** Announces the shards of a table that `reads` names. `known`: those whose watermarks were restored. */
  constructor(
    place: { readonly store: Store; readonly stream: string; readonly table: string },
    instance: ChangelogInstance,
    reads: (shard: number) => boolean,
  ) {
    this.store = place.store
    this.stream = place.stream
    this.table = place.table
    this.instance = instance
    const known = new Set(instance.shardsOf(this.table))
    const infos = this.infos()
    // A shard whose children have all taken over counts no more, though it is unknown. Children have higher numbers than
    // their parents, so one pass from the last one on decides all: walking each shard's descendants would follow every path, and
    // shards that are split and merged again and again have exponentially many.
    const over = new Set<number>()
    for (const { shard, parents } of infos.toReversed())
      if (known.has(String(shard)) || over.has(shard)) for (const parent of parents) over.add(parent)
    for (const { shard, parents } of infos) {
      if (!reads(shard) || known.has(String(shard)) || over.has(shard)) continue
      if (parents.length === 0) instance.addShard(this.table, String(shard))
      else this.waiting.add(shard)
    }
  }

  /** A shard that was opened now. */
  join(shard: number): void {
    this.waiting.add(shard)
  }

  /** Before the first row of a shard. */
  begin(shard: number): void {
    if (this.waiting.size > 0 && this.waiting.has(shard)) this.takeOver(shard, this.infos())
  }

  /** Lets shards take over whose parents are read to their ends; `positionOf` says how far a shard is read. */
  settle(positionOf: (shard: number) => number): boolean {
    if (this.waiting.size === 0) return false
    const infos = this.infos()
    let changed = false
    for (const shard of [...this.waiting]) {
      const { parents } = infos[shard]!
      if (!parents.every((parent) => positionOf(parent) >= infos[parent]!.next)) continue
      this.takeOver(shard, infos)
      changed = true
    }
    return changed
  }

  private takeOver(shard: number, infos: readonly ShardInfo[]): void {
    const { table, instance, waiting } = this
    if (!waiting.delete(shard)) return
    const { parents } = infos[shard]!
    // What was read of the parents is all there is; they may themselves be waiting for a first row.
    for (const parent of parents) this.takeOver(parent, infos)
    instance.continueShard(table, String(shard), parents.map(String))
    for (const parent of parents) {
      const children = infos.filter((info) => info.parents.includes(parent))
      if (children.every((child) => !waiting.has(child.shard))) instance.endShard(table, String(parent))
    }
  }

  private infos(): readonly ShardInfo[] {
    return this.store.stream(this.stream)?.shardInfos ?? []
  }
}
