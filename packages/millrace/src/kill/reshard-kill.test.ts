/**
 * The same promise with clients of the Kinesis API in front: while four of them put, both streams of an app are split and
 * merged by chance, and the app is killed (SIGKILL) and started again. At the end each record that was acknowledged stands
 * in both tables exactly once, nothing stands there that nobody sent, records of a client came in its order, and the
 * ledger balances.
 *
 * `npm test` runs a short form, MILLRACE_NIGHTLY=1 one of a minute with three kills. The seed is printed; MILLRACE_SEED
 * sets it. It decides what is done; between which instructions it is done the machine decides.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis'
import type { Report } from '@millrace/runtime'
import { openStore } from '@millrace/store'
import { type Random, seededRandom, systemClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { CliProcess, cli, temporaryFolder } from '../cli/cli-process.test-kit.ts'

const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const rounds = isNightly ? 4 : 2
const roundMs = isNightly ? 15_000 : 3_000
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const writers = 4
const openShardsMax = 8

const folder = temporaryFolder()
afterAll(() => folder.remove())

/** Both tables count how often a record was seen, so that a second time cannot hide behind the first. */
const app = `import { defineApp } from 'millrace'

export default defineApp('stress', (app) => {
  const changes = app.stream('changes', { shards: 1 })
  const copies = app.stream('copies', { shards: 1 })
  const counting = (name, from) => {
    const table = app.table(name, { partitionKey: 'id' })
    app.function('count' + name, { from, batchSize: 100, parallelization: 2 }, async (records, { shard }) => {
      for (const record of records) {
        const { id, n } = record.json()
        const before = await table.get(id)
        await table.put({ id, n, seen: (before?.seen ?? 0) + 1 })
        const writer = id.split('-')[0]
        const last = await table.get('last ' + writer)
        const isBehind = last !== undefined && last.n > n
        await table.put({ id: 'last ' + writer, n: Math.max(n, last?.n ?? 0), behind: (last?.behind ?? 0) + (isBehind ? 1 : 0) })
      }
    })
  }
  app.query('copy', {
    dialect: 'kda',
    sql: \`CREATE OR REPLACE STREAM "COPIES" ("id" VARCHAR(32), "n" INTEGER, "writer" VARCHAR(8));
      CREATE OR REPLACE PUMP "P" AS INSERT INTO "COPIES" SELECT STREAM "id", "n", "writer" FROM "SOURCE_SQL_STREAM_001";\`,
    input: {
      stream: changes,
      columns: { id: 'VARCHAR(32) $.id', n: 'INTEGER $.n', writer: 'VARCHAR(8) $.writer' },
    },
    output: { COPIES: { stream: copies, partitionKey: 'writer' } },
  })
  counting('Saved', changes)
  counting('Copied', copies)
})
`

test(`each record once, over ${rounds - 1} kills and resharding (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(seed)
  const dataDir = join(folder.path, 'data')
  writeFileSync(join(folder.path, 'stress.app.ts'), app)
  const sent = Array.from({ length: writers }, () => 0)
  const acknowledged = new Set<string>()
  let reshards = 0

  for (let round = 0; round < rounds; round++) {
    const running = new CliProcess(['run', 'stress.app.ts', '--data-dir', dataDir, '--port', '0'], {
      cwd: folder.path,
    })
    await running.until(({ stderr }) => /Kinesis at \S+/.test(stderr))
    const client = clientOf(/Kinesis at (\S+)/.exec(running.stderr)![1]!)
    const stop = new AbortController()

    const write = async (writer: number): Promise<void> => {
      while (!stop.signal.aborted) {
        const from = sent[writer]!
        const count = 1 + random.below(40)
        sent[writer] = from + count
        const batch = Array.from({ length: count }, (_, i) => ({ id: `${writer}-${from + i}`, n: from + i }))
        const Records = batch.map((value) => ({
          PartitionKey: `w${writer}`,
          Data: Buffer.from(JSON.stringify({ ...value, writer: `w${writer}` })),
        }))
        const answer = await unlessGone(
          client.send(new PutRecordsCommand({ StreamName: 'changes', Records })),
        )
        if (answer === undefined) return
        expect(answer.FailedRecordCount).toBe(0)
        for (const { id } of batch) acknowledged.add(id)
        await systemClock.sleep(random.below(20), stop.signal)
      }
    }
    const change = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await systemClock.sleep(20 + random.below(200), stop.signal)
        if (stop.signal.aborted) return
        const StreamName = random.below(2) === 0 ? 'changes' : 'copies'
        if ((await unlessGone(reshard(client, StreamName, random))) === true) reshards++
      }
    }
    const work = Promise.all([...sent.map((_, writer) => write(writer)), change()])
    await systemClock.sleep(roundMs)
    if (round < rounds - 1) {
      running.child.kill('SIGKILL')
      expect((await running.ended).signal).toBe('SIGKILL')
      stop.abort()
      await work
    } else {
      stop.abort()
      await work
      running.child.kill('SIGTERM')
      expect((await running.ended).exitCode).toBe(0)
    }
    client.destroy()
  }

  // To the end of what is there.
  const reportFile = join(folder.path, 'report.json')
  const last = await cli(
    ['run', 'stress.app.ts', '--data-dir', dataDir, '--no-gateway', '--until-idle', '--report', reportFile],
    { cwd: folder.path },
  )
  expect(last.exitCode, last.stderr).toBe(0)
  expect(reshards).toBeGreaterThan(rounds * 3)
  expect(acknowledged.size).toBeGreaterThan(rounds * 100)
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report
  expect(report.ledgerBalanced).toBe(true)
  expect(report.stages.map(({ dead, late, inFlight }) => dead + late + inFlight)).toEqual([0, 0, 0])

  const store = await openStore({ dir: dataDir, clock: systemClock })
  for (const table of ['Saved', 'Copied']) {
    const seen = new Map<string, number>()
    for (const { json } of store.scan(table)) {
      // As the app above has put it.
      const item = JSON.parse(Buffer.from(json).toString()) as { id: string; seen: number; behind?: number }
      if (item.behind !== undefined) expect(item.behind, `${table}: ${item.id}`).toBe(0)
      else seen.set(item.id, item.seen)
    }
    for (const id of acknowledged) expect(seen.get(id), `${table}: ${id}`).toBe(1)
    for (const [id, times] of seen) {
      const [writer, n] = id.split('-').map(Number)
      expect(n, id).toBeLessThan(sent[writer!]!)
      expect(times, `${table}: ${id}`).toBe(1)
    }
  }
  console.log(
    `${acknowledged.size} records acknowledged, ${reshards} reshards, ` +
      store
        .streams()
        .map(({ name, shardInfos }) => `${name}: ${shardInfos.length} shards`)
        .join(', '),
  )
  await store.close()
})

function clientOf(endpoint: string): KinesisClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  return new KinesisClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 })
}

/** Undefined where the app was killed before it answered; whether it stored anything nobody knows. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    // An error that is an answer has a status.
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined)
      throw error
    return undefined
  }
}

/** Splits, merges or counts anew, by chance. */
async function reshard(client: KinesisClient, StreamName: string, random: Random): Promise<true> {
  const { Shards = [] } = await client.send(
    new ListShardsCommand({ StreamName, ShardFilter: { Type: 'AT_LATEST' } }),
  )
  const open = Shards.map(({ ShardId, HashKeyRange }) => ({
    id: ShardId!,
    start: BigInt(HashKeyRange!.StartingHashKey!),
    end: BigInt(HashKeyRange!.EndingHashKey!),
  })).sort((a, b) => (a.start < b.start ? -1 : 1))
  const at = random.below(open.length)
  const { id, start, end } = open[at]!
  const next = open[at + 1]
  const dice = random.below(6)
  if (dice === 0) {
    const TargetShardCount =
      random.below(2) === 0 ? Math.ceil(open.length / 2) : Math.min(openShardsMax, open.length * 2)
    await client.send(
      new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: 'UNIFORM_SCALING' }),
    )
  } else if (next !== undefined && (dice < 3 || open.length >= openShardsMax || end - start < 4n)) {
    await client.send(new MergeShardsCommand({ StreamName, ShardToMerge: id, AdjacentShardToMerge: next.id }))
  } else if (end - start >= 4n) {
    await client.send(
      new SplitShardCommand({ StreamName, ShardToSplit: id, NewStartingHashKey: String((start + end) / 2n) }),
    )
  }
  return true
}
