/**
 * Nine days of records at a real endpoint: the days pass in virtual time, the backfills run as real commands while the
 * endpoint's clock goes at its usual pace, so that its rates hold.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
} from '@aws-sdk/client-kinesis'
import { systemClock } from 'millrace'
import { type TestGateway, testGateway } from 'millrace/testing'
import { expect, test } from 'vitest'
import { type Comparison, compare } from './compare.ts'
import { createStream, fill, readings, retentionHours } from './history.ts'

/** Those of the README, and a control plane that does not keep a test waiting. */
const limits = {
  limits: 'aws',
  limit: [
    'shardWriteBytesPerSecond=off',
    'shardWriteRecordsPerSecond=off',
    'statusMs=0',
    'controlPlaneRates=false',
  ],
} as const
const mib = 12
const hour = 3_600_000
const stream = 'readings'

function clientOf(endpoint: string): KinesisClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  return new KinesisClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
}

/** Fills the stream over all the hours that it keeps, but the last one. */
async function fillOverDays(endpoint: TestGateway, client: KinesisClient): Promise<void> {
  const { clock } = endpoint
  const pause = async () => {
    // No call is in progress, so the days need not be gone through second by second.
    await clock.advance(((retentionHours - 1) * hour) / mib)
    // Connections that were idle for so long have been closed; the client notices.
    await endpoint.advance(0)
  }
  await fill(client, { stream, mib, pause })
}

/** Lets the endpoint's clock go as fast as ours while the work lasts. */
async function inRealTime<T>(endpoint: TestGateway, work: Promise<T>): Promise<T> {
  let isOver = false
  const ended = work.finally(() => {
    isOver = true
  })
  ended.catch(() => {})
  for (let at = systemClock.now(); !isOver; ) {
    await systemClock.sleep(5)
    const now = systemClock.now()
    await endpoint.advance(now - at)
    at = now
  }
  return ended
}

test('twenty readers get what one reader gets, byte for byte; one reader gets no more than its rate', async () => {
  const outDir = mkdtempSync(join(tmpdir(), 'millrace-retention-'))
  await using endpoint = await testGateway(limits)
  const { url, clock } = endpoint
  const client = clientOf(url)
  try {
    const summary = await createStream(client, clock, stream)
    expect(summary.RetentionPeriodHours).toBe(216)
    await fillOverDays(endpoint, client)

    const work = compare({ url, print: () => {}, stream, mib, outDir, toMs: clock.now() })
    const { backfills, sha256 }: Comparison = await inRealTime(endpoint, work)
    const [one] = backfills
    for (const { records, sha256: found } of backfills) {
      expect(records).toBe(mib * 128)
      expect(found).toBe(sha256)
    }
    // A consumer gets 2 MiB at once and then 2 MiB a second.
    expect(one?.elapsedMs).toBeGreaterThan(((mib - 2) / 2) * 1000 * 0.9)
  } finally {
    client.destroy()
    rmSync(outDir, { recursive: true, force: true })
  }
})

test('without the longer retention, all but the last day is gone', async () => {
  await using endpoint = await testGateway(limits)
  const client = clientOf(endpoint.url)
  try {
    await createStream(client, endpoint.clock, stream)
    const kept = async () => {
      const ShardId = 'shardId-000000000000'
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({ StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      )
      const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 1 }))
      return Buffer.from(Records[0]?.Data ?? []).toString()
    }
    await fillOverDays(endpoint, client)
    const [first] = readings(mib).next().value ?? []
    expect(await kept()).toBe(first?.toString())
    await endpoint.clock.advance(2 * hour)
    await endpoint.advance(0)
    expect(await kept()).not.toBe(first?.toString())
    // Longer retention does not bring back what is gone.
    await client.send(
      new IncreaseStreamRetentionPeriodCommand({ StreamName: stream, RetentionPeriodHours: 8760 }),
    )
    expect(await kept()).not.toBe(first?.toString())
  } finally {
    client.destroy()
  }
})
