/** Nine days of readings as records of 8 KiB: a stream that keeps them so long, and what is put into it. */
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  type KinesisClient,
  PutRecordsCommand,
  type StreamDescriptionSummary,
} from '@aws-sdk/client-kinesis'
import { type Clock, seededRandom } from 'millrace'

export const retentionHours = 216
const recordBytes = 8192
/** One call of PutRecords. */
const recordsOfMiB = (1024 * 1024) / recordBytes
const startMs = Date.UTC(2026, 0, 1)

/** The readings of `mib` MiB, spread over the nine days, oldest first. Equal sizes give equal records. */
export function* readings(mib: number): Generator<Buffer[]> {
  const random = seededRandom('readings')
  const stepMs = (retentionHours * 3_600_000) / (mib * recordsOfMiB)
  for (let at = 0; at < mib * recordsOfMiB; at += recordsOfMiB) {
    yield Array.from({ length: recordsOfMiB }, (_, i) => {
      const time = new Date(startMs + (at + i) * stepMs).toISOString()
      const watts = Array.from({ length: 1500 }, () => random.below(10_000))
      const json = JSON.stringify({ time, meter: `meter-${random.below(1000)}`, watts })
      return Buffer.from(`${json.slice(0, -1)},"pad":"${'-'.repeat(recordBytes - json.length - 9)}"}`)
    })
  }
}

/** A stream of one shard that keeps nine days. */
export async function createStream(
  client: KinesisClient,
  clock: Clock,
  StreamName: string,
): Promise<StreamDescriptionSummary> {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }))
  await untilActive(client, clock, StreamName)
  await client.send(
    new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: retentionHours }),
  )
  return untilActive(client, clock, StreamName)
}

export interface FillOptions {
  readonly stream: string
  readonly mib: number
  /** Between two MiB: slices of a backfill are slices of the time in which records came. */
  readonly pause: () => Promise<void>
}

export async function fill(client: KinesisClient, { stream, mib, pause }: FillOptions): Promise<void> {
  for (const records of readings(mib)) {
    const Records = records.map((Data, i) => ({ PartitionKey: `meter-${i}`, Data }))
    const { FailedRecordCount } = await client.send(new PutRecordsCommand({ StreamName: stream, Records }))
    // Putting the refused ones again would change the order.
    if (FailedRecordCount !== 0)
      throw new Error('The shard refused records. Start the endpoint with the flags of the README.')
    await pause()
  }
}

async function untilActive(
  client: KinesisClient,
  clock: Clock,
  StreamName: string,
): Promise<StreamDescriptionSummary> {
  for (;;) {
    const { StreamDescriptionSummary: summary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName }),
    )
    if (summary?.StreamStatus === 'ACTIVE') return summary
    await clock.sleep(100)
  }
}
