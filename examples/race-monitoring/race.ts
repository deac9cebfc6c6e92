/**
 * A race on a stream of one shard, which is too few. After a third of the time the stream gets more, while everything goes
 * on; the last third shows what that has changed.
 */
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  EnableEnhancedMonitoringCommand,
  KinesisClient,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis'
import { type Clock, seededRandom } from 'millrace'
import { RaceConsumer } from './race-consumer.ts'
import { RaceProducer } from './race-producer.ts'
import { type Look, lookLine, looksHead, type Phase, phaseOf, reportLines } from './race-report.ts'
import { readTotals } from './stream-totals.ts'

export interface RaceOptions {
  readonly url: string
  readonly clock: Clock
  readonly print: (line: string) => void
  readonly leasesDir: string
  readonly seconds: number
  readonly racers: number
  readonly key: 'racerId' | 'raceId'
  /** Messages a second that the consumer manages, for each shard. */
  readonly speed: number
  /** Shards after the change: 2, since a change may double them at most. */
  readonly shards: number
}

export interface RaceResult {
  readonly before: Phase
  readonly after: Phase
  /** Output of each racer. */
  readonly board: ReadonlyMap<string, number>
}

/** Looks at the metrics: five in each third of the race. */
const looksOfPhase = 5
const looksCount = 3 * looksOfPhase
/** A consumer that has not caught up so long after the race is too slow for it. */
const drainSecondsMax = 120

export async function race(options: RaceOptions): Promise<RaceResult> {
  const { url, clock, print, seconds, racers, key, shards } = options
  const stream = `race-${Math.floor(clock.now()).toString(36)}`
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  const client = new KinesisClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
  const consumer = new RaceConsumer({ ...options, stream, onProblem: print })
  try {
    await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 }))
    await untilActive(client, stream, clock)
    await client.send(new EnableEnhancedMonitoringCommand({ StreamName: stream, ShardLevelMetrics: ['ALL'] }))
    await consumer.start()

    print(`${racers} racers for ${seconds} s, partition key ${key}, stream ${stream}`)
    print(looksHead)
    const producer = new RaceProducer({ ...options, client, random: seededRandom(1), stream })
    const startedAt = clock.now()
    const racing = producer.run()
    // Its failure is thrown below, when it is awaited.
    racing.catch(() => {})
    const look = async (): Promise<Look> => ({
      second: (clock.now() - startedAt) / 1000,
      totals: await readTotals(url, stream),
    })
    const looks = [await look()]
    for (let n = 1; n <= looksCount; n++) {
      await clock.sleep(startedAt + (n / looksCount) * seconds * 1000 - clock.now())
      const now = await look()
      const before = looks.at(-1)
      if (before !== undefined) print(lookLine(before, now))
      looks.push(now)
      if (n !== looksOfPhase) continue
      print(`         UpdateShardCount: ${shards} shards instead of 1`)
      const change = { StreamName: stream, TargetShardCount: shards, ScalingType: 'UNIFORM_SCALING' } as const
      await client.send(new UpdateShardCountCommand(change))
    }
    await racing
    await untilCounted(consumer, options)
    const before = phaseOf(looks.slice(0, looksOfPhase + 1), producer.waits)
    const after = phaseOf(looks.slice(-looksOfPhase - 1), producer.waits)
    print('')
    for (const line of reportLines({ before, after })) print(line)
    return { before, after, board: consumer.board }
  } finally {
    await consumer.stop()
    client.destroy()
  }
}

async function untilActive(client: KinesisClient, StreamName: string, clock: Clock): Promise<void> {
  for (;;) {
    const { StreamDescriptionSummary: summary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName }),
    )
    if (summary?.StreamStatus === 'ACTIVE') return
    await clock.sleep(200)
  }
}

async function untilCounted(consumer: RaceConsumer, { clock, racers, seconds }: RaceOptions): Promise<void> {
  for (let waited = 0; consumer.counted < racers * seconds; waited++) {
    if (waited === drainSecondsMax) {
      throw new Error(
        `The consumer has counted ${consumer.counted} of ${racers * seconds} messages. Give it a higher --speed.`,
      )
    }
    await clock.sleep(1000)
  }
}
