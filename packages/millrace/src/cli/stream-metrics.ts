/**
 * IncomingRecords and IncomingBytes of streams that the app itself fills: its sources and stages write to the log without a call that
 * the gateway would count. Once a second the heads of all shards are compared with what the metric has; what is missing is added, in
 * the minute in which it is seen. So the metric is the number of records that came, whoever wrote them.
 *
 * A call of a client that was committed but is not counted yet at that moment is made up for by the next look: never is a record
 * counted twice for long. Bytes are those of keys and data. Cost: one look at each stream's shards and two passes over the series.
 */
import { dimensionOf, type MetricRegistry } from '@millrace/gateway'
import type { Store, StreamInfo } from '@millrace/store'
import type { Clock } from '@millrace/values'

const everyMs = 1_000

interface Followed {
  shards: StreamInfo['shardInfos']
  /** Records that the metric has to have: those that came since the start, but for what was forgotten with its series. */
  due: number
  /** What the metric had. */
  counted: number
}

/** Until the signal aborts. */
export async function streamMetricsInto(
  registry: Pick<MetricRegistry, 'add' | 'find'>,
  store: Pick<Store, 'streams'>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  /** By the streams' uids: a stream of the same name that is made later begins anew. */
  const followed = new Map<string, Followed>()
  for (const { uid, shardInfos } of store.streams())
    followed.set(uid, { shards: shardInfos, due: 0, counted: 0 })
  let before: ReadonlyMap<string, number> = new Map()
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal)
    const counted = countedRecords(registry)
    const streams = store.streams()
    for (const info of streams) {
      // A stream that was made since the last look begins with what the metric had of an older one of its name.
      const atFirst = before.get(info.name) ?? 0
      const known = followed.get(info.uid) ?? { shards: [], due: atFirst, counted: atFirst }
      followed.set(info.uid, known)
      follow(registry, known, info, counted.get(info.name) ?? 0)
    }
    before = countedRecords(registry)
    if (followed.size > streams.length) {
      const uids = new Set(streams.map(({ uid }) => uid))
      for (const uid of followed.keys()) if (!uids.has(uid)) followed.delete(uid)
    }
  }
}

function countedRecords(registry: Pick<MetricRegistry, 'find'>): Map<string, number> {
  const counted = new Map<string, number>()
  for (const { id, total } of registry.find({ metric: 'IncomingRecords', level: 'stream' }))
    counted.set(dimensionOf(id, 'StreamName') ?? '', total.sum)
  return counted
}

function follow(
  registry: Pick<MetricRegistry, 'add'>,
  known: Followed,
  { name, shardInfos }: StreamInfo,
  counted: number,
): void {
  const came = written(known.shards, shardInfos)
  known.shards = shardInfos
  known.due += came.records
  // A series that was silent for hours may have made room for others, and counts from 0 then.
  if (counted < known.counted) known.due -= known.counted - counted
  known.counted = counted
  const missing = known.due - counted
  if (missing <= 0 || came.records === 0) return
  const bytes = Math.round((came.bytes * missing) / came.records)
  registry.add('IncomingRecords', { stream: name }, { sum: missing, count: 1, min: missing, max: missing })
  registry.add('IncomingBytes', { stream: name }, { sum: bytes, count: 1, min: bytes, max: bytes })
  known.counted = counted + missing
}

/** Retention takes bytes away; then the mean of what is kept says how large a record is. */
function written(
  before: StreamInfo['shardInfos'],
  after: StreamInfo['shardInfos'],
): { readonly records: number; readonly bytes: number } {
  let records = 0
  let bytes = 0
  for (const [shard, { oldest, next, bytes: kept }] of after.entries()) {
    const then = before[shard] ?? { oldest: 0, next: 0, bytes: 0 }
    const count = next - then.next
    if (count <= 0) continue
    records += count
    bytes += then.oldest === oldest ? kept - then.bytes : (kept / Math.max(1, next - oldest)) * count
  }
  return { records, bytes }
}
