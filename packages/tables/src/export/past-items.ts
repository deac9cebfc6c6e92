/**
 * The items of a table as of a moment in the past: the items that are there now, with the changes since then taken back. The
 * first change of an item after the moment tells how it was, by its old image.
 *
 * So it needs a change stream with old images that was on at that moment and still has all changes since. To be called in a
 * snapshot of the store. Cost: a scan of the table, the changes since, and memory for the items changed since.
 */
import type { Store } from '@millrace/store'
import type { TypedItem } from '../attribute-value.ts'
import type { ChangeRecord } from '../change-record.ts'
import { TableError } from '../errors.ts'
import { typedItem } from '../item-text.ts'
import type { TablePlan } from '../table-plan.ts'
import { attributeOf } from '../values/attribute-type.ts'

/** How an item was; undefined: it was not there. */
type Earlier = Map<string, { readonly commit: number; readonly item: TypedItem | undefined }>

const readOptions = { maxRecords: 10_000, maxBytes: 16 * 1024 * 1024 }

/** Items in the order of the table, without a moment in the past. */
export function* currentItems(store: Store, plan: TablePlan): Generator<TypedItem> {
  for (const stored of store.scan(plan.name)) yield typedItem(plan, stored)
}

/** Error: TABLE_EXPORT_IMPOSSIBLE. `nowMs` is the time of the snapshot. */
export function* pastItems(store: Store, plan: TablePlan, atMs: number, nowMs: number): Generator<TypedItem> {
  const earlier = earlierItems(store, plan, atMs, nowMs)
  for (const item of currentItems(store, plan)) {
    const id = keyText(plan, item)
    const changed = earlier.get(id)
    if (changed === undefined) yield item
    else {
      earlier.delete(id)
      if (changed.item !== undefined) yield changed.item
    }
  }
  // What is left was deleted since.
  for (const { item } of earlier.values()) if (item !== undefined) yield item
}

function earlierItems(store: Store, plan: TablePlan, atMs: number, nowMs: number): Earlier {
  const { changes, entry } = plan
  if (atMs < entry.createdAt) {
    throw impossible(plan, atMs, `the table was made at ${iso(entry.createdAt)}`, 'Name a later time')
  }
  if (changes === undefined || (changes.view !== 'OLD_IMAGE' && changes.view !== 'NEW_AND_OLD_IMAGES')) {
    throw impossible(
      plan,
      atMs,
      'it has no change stream with old images',
      'Switch on changes with NEW_AND_OLD_IMAGES for later times, or export the table as it is now',
    )
  }
  const since = Date.parse(`${changes.label}Z`)
  if (!(atMs > since)) {
    throw impossible(plan, atMs, `its change stream began at ${changes.label}`, 'Name a later time')
  }
  const earlier: Earlier = new Map()
  for (const { shard } of store.stream(changes.stream)?.shardInfos ?? []) {
    mustReachBack(store, plan, { stream: changes.stream, shard, atMs, nowMs })
    readShard(store, plan, { stream: changes.stream, shard, atMs }, earlier)
  }
  return earlier
}

function readShard(
  store: Store,
  plan: TablePlan,
  { stream, shard, atMs }: { readonly stream: string; readonly shard: number; readonly atMs: number },
  earlier: Earlier,
): void {
  let at = store.sequenceAtTime(stream, shard, Math.floor(atMs) + 1)
  for (let atHead = false; !atHead; ) {
    const read = store.read(stream, shard, at, readOptions)
    atHead = read.atHead
    for (const batch of read.batches) {
      if ('reason' in batch) {
        const where = `shard ${shard} from ${batch.firstSequence} to ${batch.nextSequence}`
        throw impossible(
          plan,
          atMs,
          `changes since then cannot be read (${where}: ${batch.reason})`,
          'Name a later time',
        )
      }
      const { bytes, dataStart, count, commit, firstSequence } = batch
      for (let i = Math.max(0, at - firstSequence); i < count; i++) {
        const data = Buffer.from(
          bytes.buffer,
          bytes.byteOffset + dataStart[i]!,
          dataStart[i + 1]! - dataStart[i]!,
        )
        // Only the engine writes into change streams.
        const { dynamodb } = JSON.parse(data.toString('utf8')) as ChangeRecord
        const id = keyText(plan, dynamodb.Keys)
        const known = earlier.get(id)
        // Within a shard the first one comes first; shards that followed each other are told apart by their commits.
        if (known === undefined || commit < known.commit) earlier.set(id, { commit, item: dynamodb.OldImage })
      }
      at = firstSequence + count
    }
  }
}

/** That no change after the moment has been deleted by the stream's retention. */
function mustReachBack(
  store: Store,
  plan: TablePlan,
  place: { readonly stream: string; readonly shard: number; readonly atMs: number; readonly nowMs: number },
): void {
  const { stream, shard, atMs, nowMs } = place
  const { oldest, next } = store.shard(stream, shard)
  if (oldest === 0 || atMs >= nowMs - store.retentionMs(stream)) return
  const [batch] =
    oldest === next ? [] : store.read(stream, shard, oldest, { maxRecords: 1, maxBytes: 1 }).batches
  if (batch !== undefined && !('reason' in batch) && atMs >= batch.arrivalTime) return
  const from = iso(nowMs - store.retentionMs(stream))
  throw impossible(plan, atMs, `its change stream reaches back to ${from}`, 'Name a later time')
}

function keyText(plan: TablePlan, item: TypedItem): string {
  return JSON.stringify(plan.keys.map(({ name }) => attributeOf(item, name)))
}

function impossible(plan: TablePlan, atMs: number, why: string, next: string): TableError {
  return new TableError(
    'TABLE_EXPORT_IMPOSSIBLE',
    `table "${plan.name}" as of ${iso(atMs)} cannot be told: ${why}. ${next}.`,
  )
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
