/**
 * Change data capture, measured: `npm run bench:cdc`.
 *
 *   snapshot   a table of orders -> records on disk: rows/s from the first record to the last, and from the start of the process
 *   changes    a backlog of transactions of ten changes, written while nobody followed -> records on disk: changes/s likewise
 *   lag        changes written at a fixed rate (open loop) -> how long after a change was sent to the database its record could be
 *              read by another process; the database's own commit is part of it
 *
 * From private MariaDB, Postgres and MySQL servers on this machine, beside Debezium's engine, which forces its records into a file.
 * Both promise not to lose a change: ours commits records and position together, the peer stores its offsets each second and repeats.
 * Every measurement is a process of its own, and both take turns on the same server, so that each ratio is of one time.
 * Flags: --only snapshot,changes,lag --databases mariadb,postgres --rows 300000 --changes 300000 --rate 5000 --seconds 15 --runs 3
 *        --envelope debezium (dms, flat: ours alone differs) --no-peer --profile DIR (CPU profiles of our process)
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { PrivateServer } from '@millrace/cdc'
import { createTable, fill, openSession, startDatabase, writeChanges } from './cdc/databases.ts'
import { buildDebezium, followWithDebezium } from './cdc/debezium.ts'
import { follow } from './cdc/follow.ts'
import { changesOfTransaction, type Followed, type FollowJob, type Kind, type LoadJob } from './cdc/job.ts'
import { count, middle, ms, spread } from './functions/figures.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'snapshot,changes,lag' },
    databases: { type: 'string', default: 'mariadb,postgres' },
    rows: { type: 'string', default: '300000' },
    changes: { type: 'string', default: '300000' },
    rate: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '15' },
    runs: { type: 'string', default: '3' },
    envelope: { type: 'string', default: 'debezium' },
    'no-peer': { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})
const runs = Number(options.runs)
const rows = Number(options.rows)
const changes = Number(options.changes)
const rate = Number(options.rate)
const seconds = Number(options.seconds)
const wants = (part: string): boolean => options.only.split(',').includes(part)
const work = mkdtempSync(join(tmpdir(), 'millrace-bench-cdc-'))

interface Follower {
  readonly name: string
  run(job: FollowJob, ready?: () => void): Promise<Followed>
}

const ours: Follower = {
  name: 'millrace',
  run: (job, ready) =>
    follow(job, {
      ...(ready === undefined ? {} : { ready }),
      flags: options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`],
    }),
}
const peer: Follower = { name: 'Debezium', run: followWithDebezium }
const followers = options['no-peer'] ? [ours] : [ours, peer]

/** A database with the empty table, and a job for a follower that begins there. */
async function withDatabase<T>(
  kind: Kind,
  work_: (server: PrivateServer, job: Omit<FollowJob, 'changes' | 'start'>) => Promise<T>,
): Promise<T> {
  await using server = await startDatabase(kind)
  const session = await openSession(kind, server.url)
  await session.run(createTable(kind))
  await session.close()
  const dir = mkdtempSync(join(work, 'run-'))
  try {
    // The option is checked by the source.
    const envelope = options.envelope as FollowJob['envelope']
    return await work_(server, { kind, url: server.url, dir: join(dir, 'data'), envelope })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Measured extends Followed {
  readonly startedUs: number
}

async function timed(follower: Follower, job: FollowJob, ready?: () => void): Promise<Measured> {
  const startedUs = Date.now() * 1000
  return { startedUs, ...(await follower.run(job, ready)) }
}

function measureSnapshot(kind: Kind, follower: Follower): Promise<Measured> {
  return withDatabase(kind, async (server, job) => {
    await fill(kind, server.url, rows)
    return timed(follower, { ...job, start: 'load', changes: rows })
  })
}

/** It has seen the table when it is stopped; what is written then waits for it. */
function measureChanges(kind: Kind, follower: Follower): Promise<Measured> {
  return withDatabase(kind, async (server, job) => {
    await begin(kind, server, follower, job)
    await writeChanges(kind, server.url, changes, 1_000)
    return timed(follower, { ...job, start: 'load', changes })
  })
}

function measureLag(kind: Kind, follower: Follower): Promise<Measured> {
  return withDatabase(kind, async (server, job) => {
    await begin(kind, server, follower, job)
    // One that was written before: when it is there, the follower is, and the load begins.
    await writeChanges(kind, server.url, changesOfTransaction, 1_000)
    // What was compiled in the first two seconds is not what is measured.
    const skipped = changesOfTransaction + rate * 2
    const load = { kind, url: server.url, changesPerSecond: rate, seconds: seconds + 2, firstId: 2_000 }
    let writing: ReturnType<typeof writeAtRate> | undefined
    const wanted = { start: 'load', changes: skipped + rate * seconds, skipped } as const
    const measured = await timed(follower, { ...job, ...wanted }, () => {
      writing = writeAtRate(load)
    })
    const { lateMs = 0 } = (await writing) ?? {}
    if (lateMs > 100) console.log(`(the load was late by ${lateMs} ms at the most)`)
    return measured
  })
}

/** The first start: it takes the rows that are there, and then the first change. */
async function begin(
  kind: Kind,
  server: PrivateServer,
  follower: Follower,
  job: Omit<FollowJob, 'changes' | 'start'>,
): Promise<void> {
  await fill(kind, server.url, 10)
  const follows = follower.run({ ...job, start: 'load', changes: 20 }, () => {
    void writeChanges(kind, server.url, 10, 100)
  })
  await follows
}

async function writeAtRate(job: LoadJob): Promise<{ readonly lateMs: number }> {
  const root = join(import.meta.dirname, '..')
  const child = spawn(
    join(root, 'node_modules/.bin/jiti'),
    [join(root, 'bench/cdc/load-child.ts'), JSON.stringify(job)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let output = ''
  child.stdout.on('data', (bytes) => {
    output += bytes
  })
  await once(child, 'close')
  return JSON.parse(output) as { lateMs: number } // Its only line.
}

/** Without the first batch, which waited for the start of the process. */
function perSecond({ changes: all, firstChanges, firstUs, lastUs }: Followed): number {
  return ((all - firstChanges) / (lastUs - firstUs)) * 1e6
}

function say(label: string, name: string, all: readonly Measured[], unit: string): number {
  const rates = all.map(perSecond)
  // What is left of it on a machine that does other work too.
  const perCpuSecond = all.map(({ changes: n, cpuMs }) => (n / cpuMs) * 1000)
  const whole = all.map(({ changes: n, startedUs, lastUs }) => (n / (lastUs - startedUs)) * 1e6)
  console.log(
    `${label.padEnd(22)} ${name.padEnd(9)} ${spread(rates, count)} ${unit}/s, with its start ${spread(whole, count)}, of a second of CPU ${spread(perCpuSecond, count)}${memory(all)}`,
  )
  return middle(rates)
}

function sayLag(label: string, name: string, all: readonly Measured[]): number {
  const part = (of: (measured: Measured) => number) =>
    spread(
      all.map((measured) => of(measured) / 1000),
      ms,
    )
  const cores = all.map(({ cpuMs }) => cpuMs / 1000 / (seconds + 2))
  console.log(
    `${label.padEnd(22)} ${name.padEnd(9)} p50 ${part((m) => m.p50Us)}, p99 ${part((m) => m.p99Us)}, max ${part((m) => m.maxUs)}, ${middle(cores).toFixed(2)} cores`,
  )
  return middle(all.map(({ p99Us }) => p99Us))
}

function memory(all: readonly Measured[]): string {
  const peak = middle(all.map(({ peakMb }) => peakMb))
  return peak === 0 ? '' : `, peak ${peak} MB`
}

const cpu = cpus()
console.log(
  `machine: ${cpu.length} x ${cpu[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}; load average ${loadavg()[0]?.toFixed(1)}`,
)
console.log(`each figure: median [least..most] of ${runs} runs; envelope ${options.envelope}\n`)
if (options.profile !== undefined) mkdirSync(options.profile, { recursive: true })
if (!options['no-peer']) buildDebezium()
const parts = [
  { name: 'snapshot', unit: 'rows', measure: measureSnapshot },
  { name: 'changes', unit: 'changes', measure: measureChanges },
  { name: 'lag', unit: '', measure: measureLag },
]
try {
  for (const kind of options.databases.split(',') as Kind[]) {
    for (const { name, unit, measure } of parts) {
      if (!wants(name)) continue
      const measured = followers.map((): Measured[] => [])
      for (let run = 0; run < runs; run++) {
        for (const [i, follower] of followers.entries()) measured[i]?.push(await measure(kind, follower))
      }
      const medians = followers.map((follower, i) =>
        name === 'lag'
          ? sayLag(`${kind} ${name} at ${count(rate)}/s`, follower.name, measured[i] ?? [])
          : say(`${kind} ${name}`, follower.name, measured[i] ?? [], unit),
      )
      const [own, other] = medians
      if (own !== undefined && other !== undefined) {
        const ratio = name === 'lag' ? other / own : own / other
        console.log(
          `${' '.repeat(23)}${ratio.toFixed(1)} x ${name === 'lag' ? 'shorter p99 than' : 'the rate of'} the peer, load average ${loadavg()[0]?.toFixed(1)}\n`,
        )
      }
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
