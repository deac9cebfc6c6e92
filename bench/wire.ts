/**
 * The wire, measured: `npm run bench:wire`.
 *
 * PutRecords of 500 x 200 B and GetRecords over 1, 4 and 16 connections and one and eight shards, by a raw generator with
 * prepared requests and by the AWS SDK, each in a process of its own; beside other servers of the same API in the same run,
 * each in its most durable mode. Ours acknowledges what is on disk; the peers write without a sync.
 * Then, for ours alone: how long a record takes from PutRecord to a fan-out subscriber, and what 1,000 idle subscribers cost.
 *
 * Flags: --servers millrace,kinesalite,kinesis-local --seconds 5 --runs 3 --only put,get,sdk,push,idle
 */
import { spawn } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { idleSubscribers, pushLatency } from './wire/fan-out.ts'
import type { LoadJob, LoadResult } from './wire/load.ts'
import { makeStream, type Server, type ServerName, startServer } from './wire/servers.ts'

const { values: options } = parseArgs({
  options: {
    servers: { type: 'string', default: 'millrace,kinesalite,kinesis-local' },
    seconds: { type: 'string', default: '5' },
    runs: { type: 'string', default: '3' },
    connections: { type: 'string', default: '1,4,16' },
    shards: { type: 'string', default: '1,8' },
    only: { type: 'string', default: 'put,get,sdk,push,idle' },
  },
})
const seconds = Number(options.seconds)
const runs = Number(options.runs)
const numbers = (text: string): number[] => text.split(',').map(Number)
const wants = (part: string): boolean => options.only.split(',').includes(part)
const jiti = join(import.meta.dirname, '../node_modules/.bin/jiti')
const loader = join(import.meta.dirname, 'wire/load.ts')

const cpu = cpus()
console.log(
  `machine: ${cpu.length} x ${cpu[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`,
)
console.log(`each figure: median [least..most] of ${runs} runs of ${seconds} s\n`)
let streams = 0
const best = new Map<string, Map<ServerName, number>>()
for (const name of options.servers.split(',') as ServerName[]) await measureServer(name)
compare()

async function measureServer(name: ServerName): Promise<void> {
  const server = await startServer(name)
  try {
    for (const shards of numbers(options.shards)) {
      for (const kind of ['put', 'get', 'sdk-put'] as const) {
        if (!wants(kind === 'sdk-put' ? 'sdk' : kind)) continue
        for (const connections of numbers(options.connections))
          await measure(server, { kind, shards, connections })
      }
    }
    if (name !== 'millrace') return
    if (wants('push')) console.log(await pushLatency(server.target, seconds))
    if (wants('idle')) console.log(await idleSubscribers(server))
  } finally {
    await server.stop()
  }
}

async function measure(
  server: Server,
  { kind, shards, connections }: { kind: LoadJob['kind']; shards: number; connections: number },
): Promise<void> {
  const rates: number[] = []
  const cores: number[] = []
  const p50: number[] = []
  const p99: number[] = []
  for (let run = 0; run < runs; run++) {
    streams++
    const stream = `bench-${streams}`
    const shardIds = await makeStream(server.target, stream, shards)
    const job = { target: server.target, stream, shards: shardIds, http1: server.http1 }
    if (kind === 'get') await load({ ...job, kind: 'put', connections: 4, seconds: 2 })
    const before = server.cpuSeconds()
    const result = await load({ ...job, kind, connections, seconds })
    if (result.failed > 0) throw new Error(`${server.name}: ${result.failed} calls had failed records`)
    rates.push(result.records / result.seconds)
    cores.push((server.cpuSeconds() - before) / result.seconds)
    p50.push(result.p50)
    p99.push(result.p99)
  }
  const label = `${kind}, ${shards} shard${shards === 1 ? '' : 's'}, ${connections} connection${connections === 1 ? '' : 's'}`
  console.log(
    `${server.name.padEnd(14)} ${label.padEnd(36)} ${spread(rates, (rate) => `${Math.round(rate / 1000)}k`)} records/s, ` +
      `p50 ${spread(p50, ms)}, p99 ${spread(p99, ms)}, ${middle(cores).toFixed(2)} cores`,
  )
  const figures = best.get(label) ?? new Map<ServerName, number>()
  figures.set(server.name, middle(rates))
  best.set(label, figures)
}

function load(job: LoadJob): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(jiti, [loader, JSON.stringify(job)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // The SDK's notice about old Node versions, once for each generator.
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.on('exit', (code) => {
      if (code === 0) resolve(JSON.parse(text) as LoadResult)
      else reject(new Error(`the load generator ended with ${code}`))
    })
  })
}

/** Ours over the faster peer of the same row. */
function compare(): void {
  console.log('')
  for (const [label, figures] of best) {
    const ours = figures.get('millrace')
    const peer = Math.max(...[...figures].filter(([name]) => name !== 'millrace').map(([, rate]) => rate))
    if (ours !== undefined && Number.isFinite(peer))
      console.log(`${label}: ${(ours / peer).toFixed(1)} x the faster peer`)
  }
}

function spread(values: readonly number[], show: (value: number) => string): string {
  return `${show(middle(values))} [${show(Math.min(...values))}..${show(Math.max(...values))}]`
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}
