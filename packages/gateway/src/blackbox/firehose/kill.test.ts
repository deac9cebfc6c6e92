/**
 * The law of deliveries over kills: a server is killed at any moment while clients put, and in the end every record that it has
 * acknowledged is in exactly one object, whole, and what it has not acknowledged is in one object at most. At every moment objects
 * hold whole records.
 *
 * Five kills; MILLRACE_NIGHTLY=1 makes fifty. The seed is printed on failure; MILLRACE_SEED sets it. The moments are counted in
 * acknowledgements, so that the seed decides how far clients are, though not between which instructions.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Random, seededRandom, systemClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { ServerProcess } from '../../testing/server-process.ts'
import { type BlackboxClient, ClientFault, type Members } from '../client.ts'
import { base64, roleArn } from './cases/delivery-world.ts'
import { plainDeliveryClient } from './delivery-clients.ts'

const kills = process.env.MILLRACE_NIGHTLY === undefined ? 5 : 50
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const writers = 4
/**
 * One delivers as soon as it can, one by buffers that kills interrupt, one by compressed ones, one by those of several
 * partitions.
 */
const deliveries: Readonly<Record<string, Members>> = {
  'at-once': { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 } },
  buffered: { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } },
  compressed: {
    BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 },
    CompressionFormat: 'GZIP',
    Prefix: 'compressed/!{timestamp:yyyy}/',
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
  },
  partitioned: {
    Prefix: 'partitioned/!{partitionKeyFromQuery:of}/',
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
    BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 1 },
    DynamicPartitioningConfiguration: { Enabled: true },
    ProcessingConfiguration: {
      Enabled: true,
      Processors: [
        {
          Type: 'MetadataExtraction',
          Parameters: [
            { ParameterName: 'MetadataExtractionQuery', ParameterValue: '{of: .of}' },
            { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
          ],
        },
      ],
    },
  },
}
const names = Object.keys(deliveries)

const directory = mkdtempSync(join(tmpdir(), 'millrace-delivery-kill-'))
const dataDir = join(directory, 'data')
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test(`acknowledged records are in exactly one object after ${kills} kills (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(seed)
  const acknowledged = new Set<string>()
  const sent = new Set<string>()
  let batches = 0

  for (let round = 0; round <= kills; round++) {
    const server = await ServerProcess.start(dataDir)
    const client = clientOf(server.url)
    if (round === 0) for (const name of names) await create(client, name)
    let left = 10 + random.below(60)
    let killed: Promise<void> | undefined
    const write = async (): Promise<void> => {
      while (left > 0) {
        const name = names[random.below(names.length)]!
        const ids = Array.from({ length: 1 + random.below(20) }, (_, i) => `${name}-${batches}-${i}`)
        batches++
        for (const id of ids) sent.add(id)
        if (!(await put(client, name, ids, random))) return
        for (const id of ids) acknowledged.add(id)
        if (--left === 0) killed = server.kill()
      }
    }
    await Promise.all(Array.from({ length: writers }, write))
    await killed
    await client.close()
    // Half-way as well: nothing is there twice.
    countRecords(sent)
  }

  const last = await ServerProcess.start(dataDir)
  let found = countRecords(sent)
  while ([...acknowledged].some((id) => !found.has(id))) {
    await systemClock.sleep(50)
    found = countRecords(sent)
  }
  await last.kill()
  expect(acknowledged.size).toBeGreaterThan(kills * 20)
  expect([...acknowledged].filter((id) => found.get(id) !== 1)).toEqual([])
})

/** How often each record is in the objects that there are; fails for one that is there twice, or that nobody has sent. */
function countRecords(sent: ReadonlySet<string>): Map<string, number> {
  const found = new Map<string, number>()
  const bucket = join(dataDir, 'buckets', 'lake')
  if (!existsSync(bucket)) return found
  for (const entry of readdirSync(bucket, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.parentPath.includes('.millrace')) continue
    const bytes = readFileSync(join(entry.parentPath, entry.name))
    const text = String(entry.name.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    expect(text.endsWith('\n'), entry.name).toBe(true)
    for (const line of text.slice(0, -1).split('\n')) {
      // As put writes them.
      const { id } = JSON.parse(line) as { id: string }
      expect(sent.has(id), `nobody has sent ${id}`).toBe(true)
      const name = names.find((each) => id.startsWith(`${each}-`))
      expect(entry.parentPath.startsWith(join(bucket, String(name))), `${id} in ${entry.parentPath}`).toBe(
        true,
      )
      found.set(id, (found.get(id) ?? 0) + 1)
    }
  }
  expect([...found].filter(([, times]) => times > 1)).toEqual([])
  return found
}

async function create(client: BlackboxClient, name: string): Promise<void> {
  await client.call(
    'CreateDeliveryStream',
    {
      DeliveryStreamName: name,
      ExtendedS3DestinationConfiguration: {
        RoleARN: roleArn,
        BucketARN: 'arn:aws:s3:::lake',
        Prefix: `${name}/`,
        ...deliveries[name],
      },
    },
    'owner',
  )
}

/** True once all records were acknowledged; false if the server is gone. */
async function put(
  client: BlackboxClient,
  DeliveryStreamName: string,
  ids: readonly string[],
  random: Random,
): Promise<boolean> {
  const Records = ids.map((id) => {
    const record = { id, of: `p${random.below(3)}`, filler: 'x'.repeat(random.below(3000)) }
    return { Data: base64(`${JSON.stringify(record)}\n`) }
  })
  let reply: Members
  try {
    reply = await client.call('PutRecordBatch', { DeliveryStreamName, Records }, 'owner')
  } catch (error) {
    if (error instanceof ClientFault) throw error
    return false
  }
  expect(reply.FailedPutCount).toBe(0)
  return true
}

function clientOf(url: string): BlackboxClient {
  const anybody = { id: 'AKIDEXAMPLEAKIDEXAMP', secret: 'secret' }
  return plainDeliveryClient({
    url,
    clock: systemClock,
    credentials: { owner: anybody, denied: anybody, unknown: anybody, wrong: anybody, nobody: anybody },
  })
}
