/**
 * The load generator, a process of its own: `jiti bench/wire/load.ts '{...}'` prints one line of JSON. Closed loop: each
 * connection sends its next call when the reply to the one before is there.
 *
 *   put      PutRecords of 500 x 200 B with keys of their own, over and over
 *   get      GetRecords from the oldest record on; at the end of what is there, again from the oldest
 *   sdk-put  put, by the AWS SDK for JavaScript as it comes
 */
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { RawConnection, requestBytes, type Target } from './raw-client.ts'

export interface LoadJob {
  readonly kind: 'put' | 'get' | 'sdk-put'
  readonly target: Target
  readonly stream: string
  readonly shards: readonly string[]
  readonly connections: number
  readonly seconds: number
  /** The peer speaks HTTP/1.1 only. */
  readonly http1: boolean
}

export interface LoadResult {
  readonly records: number
  readonly calls: number
  readonly failed: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export const recordsPerCall = 500
const recordBytes = 200
const bodies = 8

const job = JSON.parse(process.argv[2] ?? '') as LoadJob // Written by bench/wire.ts.
const latencies: number[] = []
let records = 0
let failed = 0
const start = performance.now()
const end = start + job.seconds * 1000
const loops = Array.from({ length: job.connections }, (_, i) => {
  if (job.kind === 'put') return put(i)
  return job.kind === 'get' ? get(i) : sdkPut(i)
})
await Promise.all(loops)
const seconds = (performance.now() - start) / 1000
latencies.sort((a, b) => a - b)
const at = (share: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
const result: LoadResult = {
  records,
  calls: latencies.length,
  failed,
  seconds,
  p50: at(0.5),
  p99: at(0.99),
  max: at(1),
}
process.stdout.write(`${JSON.stringify(result)}\n`)

function recordsOf(seed: number): { Data: Buffer; PartitionKey: string }[] {
  return Array.from({ length: recordsPerCall }, (_, i) => {
    const text = `{"id":${seed * recordsPerCall + i},"text":"`
    return {
      Data: Buffer.from(`${text + 'x'.repeat(recordBytes - text.length - 2)}"}`),
      PartitionKey: `key-${(seed * 7919 + i * 104729) % 1_000_003}`,
    }
  })
}

async function put(index: number): Promise<void> {
  const connection = new RawConnection(job.target)
  const requests = Array.from({ length: bodies }, (_, i) => {
    const list = recordsOf(index * bodies + i).map(({ Data, PartitionKey }) => ({
      Data: Data.toString('base64'),
      PartitionKey,
    }))
    return requestBytes(job.target, 'PutRecords', JSON.stringify({ Records: list, StreamName: job.stream }))
  })
  for (let i = 0; performance.now() < end; i++) {
    const sent = performance.now()
    const reply = await connection.call(requests[i % bodies]!)
    latencies.push(performance.now() - sent)
    // The count alone is read: "FailedRecordCount":0 stands in each reply without failures.
    if (reply.indexOf('"FailedRecordCount":0') < 0) failed++
    else records += recordsPerCall
  }
  connection.close()
}

async function get(index: number): Promise<void> {
  const connection = new RawConnection(job.target)
  const shard = job.shards[index % job.shards.length]!
  const ask = async (operation: string, input: object): Promise<Buffer> =>
    connection.call(requestBytes(job.target, operation, JSON.stringify(input)))
  const first = async (): Promise<string> => {
    const reply = await ask('GetShardIterator', {
      StreamName: job.stream,
      ShardId: shard,
      ShardIteratorType: 'TRIM_HORIZON',
    })
    return (JSON.parse(reply.toString()) as { ShardIterator: string }).ShardIterator
  }
  let iterator = await first()
  while (performance.now() < end) {
    const sent = performance.now()
    const reply = await ask('GetRecords', { ShardIterator: iterator, Limit: 10_000 })
    latencies.push(performance.now() - sent)
    const count = countOf(reply)
    records += count
    const next = /"NextShardIterator":"([^"]+)"/.exec(edges(reply))
    iterator = count === 0 || next === null ? await first() : next[1]!
  }
  connection.close()
}

/** Records are counted by their sequence numbers, without parsing megabytes of JSON in the generator. */
function countOf(reply: Buffer): number {
  let count = 0
  for (
    let found = reply.indexOf('"SequenceNumber"');
    found >= 0;
    found = reply.indexOf('"SequenceNumber"', found + 16)
  )
    count++
  return count
}

/** Where members beside the records stand, whatever their order. */
function edges(reply: Buffer): string {
  return `${reply.toString('latin1', 0, 2_000)}${reply.toString('latin1', Math.max(0, reply.length - 2_000))}`
}

async function sdkPut(index: number): Promise<void> {
  const client = new KinesisClient({
    region: 'us-east-1',
    endpoint: `http://${job.target.host}:${job.target.port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLEAKIDEXAMP', secretAccessKey: 'secret' },
    ...(job.http1 ? { requestHandler: new NodeHttpHandler() } : {}),
  })
  const commands = Array.from(
    { length: bodies },
    (_, i) => new PutRecordsCommand({ StreamName: job.stream, Records: recordsOf(index * bodies + i) }),
  )
  for (let i = 0; performance.now() < end; i++) {
    const sent = performance.now()
    const reply = await client.send(commands[i % bodies]!)
    latencies.push(performance.now() - sent)
    if (reply.FailedRecordCount === 0) records += recordsPerCall
    else failed++
  }
  client.destroy()
}
