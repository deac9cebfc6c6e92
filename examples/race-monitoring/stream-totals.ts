/**
 * Figures of a stream from /metrics.json. Sums and counts of its minutes add up to running totals, so the difference of
 * two looks is what happened between them, however short that was.
 */
export interface ShardTotals {
  readonly taken: number
  readonly refused: number
}

export interface StreamTotals {
  readonly taken: number
  readonly refused: number
  readonly ageSumMs: number
  readonly ageCount: number
  readonly putSumMs: number
  readonly putCount: number
  readonly shards: ReadonlyMap<string, ShardTotals>
}

interface MetricsReply {
  readonly metrics: readonly {
    readonly metric: string
    readonly dimensions: { readonly ShardId?: string }
    readonly datapoints: readonly { readonly Sum: number; readonly SampleCount: number }[]
  }[]
}

export async function readTotals(url: string, stream: string): Promise<StreamTotals> {
  const reply = await fetch(`${url}/metrics.json?stream=${stream}&minutes=60`)
  if (!reply.ok) throw new Error(`${reply.url} answered ${reply.status}: ${await reply.text()}`)
  // The form is documented in docs/metrics.md.
  const { metrics } = (await reply.json()) as MetricsReply
  const total = (metric: string, part: 'Sum' | 'SampleCount', shard?: string) =>
    metrics
      .filter((series) => series.metric === metric && series.dimensions.ShardId === shard)
      .flatMap(({ datapoints }) => datapoints)
      .reduce((sum, point) => sum + point[part], 0)
  const shardIds = new Set(
    metrics.map(({ dimensions }) => dimensions.ShardId).filter((id) => id !== undefined),
  )
  return {
    taken: total('IncomingRecords', 'Sum'),
    refused: total('WriteProvisionedThroughputExceeded', 'Sum'),
    ageSumMs: total('GetRecords.IteratorAgeMilliseconds', 'Sum'),
    ageCount: total('GetRecords.IteratorAgeMilliseconds', 'SampleCount'),
    putSumMs: total('PutRecords.Latency', 'Sum'),
    putCount: total('PutRecords.Latency', 'SampleCount'),
    shards: new Map(
      Array.from(shardIds, (shardId) => [
        shardId,
        {
          taken: total('IncomingRecords', 'Sum', shardId),
          refused: total('WriteProvisionedThroughputExceeded', 'Sum', shardId),
        },
      ]),
    ),
  }
}

/** What happened between two looks. */
export function between(before: StreamTotals, after: StreamTotals): StreamTotals {
  return {
    taken: after.taken - before.taken,
    refused: after.refused - before.refused,
    ageSumMs: after.ageSumMs - before.ageSumMs,
    ageCount: after.ageCount - before.ageCount,
    putSumMs: after.putSumMs - before.putSumMs,
    putCount: after.putCount - before.putCount,
    shards: new Map(
      Array.from(after.shards, ([shardId, { taken, refused }]) => {
        const earlier = before.shards.get(shardId)
        return [shardId, { taken: taken - (earlier?.taken ?? 0), refused: refused - (earlier?.refused ?? 0) }]
      }),
    ),
  }
}

/** Average age of what readers got between the looks; undefined if nobody read. */
export function iteratorAgeMs({ ageSumMs, ageCount }: StreamTotals): number | undefined {
  return ageCount === 0 ? undefined : ageSumMs / ageCount
}
