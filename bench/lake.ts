/**
 * The lake, measured: `npm run bench:lake`.
 *
 *   parquet     orders as JSON in a log of one shard -> Parquet files in a folder, through a delivery (plans and positions committed,
 *               files on disk), beside DuckDB's own COPY from the same JSON as text, one thread each; and conversion alone, from
 *               memory to a file. MB/s of JSON, by the clock and by CPU time (of all threads).
 *   raw         the same log -> GZIP objects, records as they came
 *   partitions  orders of 10,000 customers -> as many Parquet partitions at the same time, with the peak memory of the process
 *   upserts     orders -> an Iceberg table with a key, then newer versions of half of them
 *   queries     a query over 200 delivered files by SQL over the lake, beside plain DuckDB over the same files; and how long the
 *               catalog takes to say which files those are
 *
 * Every measurement is a process of its own, and the kinds take turns, so that each ratio is of one time.
 * Flags: --only parquet,raw,partitions,upserts,queries --records 1000000 --runs 3 --partitions 10000 --upserts 1000000 --files 200
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { middle, spread } from './functions/figures.ts'
import type { Job, Measured } from './lake/job.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'parquet,raw,partitions,upserts,queries' },
    records: { type: 'string', default: '1000000' },
    partitions: { type: 'string', default: '10000' },
    upserts: { type: 'string', default: '1000000' },
    files: { type: 'string', default: '200' },
    runs: { type: 'string', default: '3' },
  },
})
const root = join(import.meta.dirname, '..')
const runs = Number(options.runs)
const records = Number(options.records)
const wants = (part: string): boolean => options.only.split(',').includes(part)

const cpu = cpus()
console.log(
  `machine: ${cpu.length} x ${cpu[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`,
)
console.log(`each figure: median [least..most] of ${runs} runs\n`)

const work = join(tmpdir(), 'millrace-bench-lake')
mkdirSync(work, { recursive: true })

/** One run in a process of its own, on a copy of what was prepared. */
function measure(job: Omit<Job, 'dir'>, prepared?: string): Measured {
  const dir = mkdtempSync(join(work, 'run-'))
  try {
    if (prepared !== undefined) spawnSync('cp', ['-r', `${prepared}/.`, dir])
    return child({ ...job, dir })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function child(job: Job): Measured {
  const done = spawnSync(
    join(root, 'node_modules/.bin/jiti'),
    [join(root, 'bench/lake/child.ts'), JSON.stringify(job)],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      timeout: 1_800_000,
    },
  )
  if (done.status !== 0) throw new Error(`${job.kind}: ${done.stderr.slice(-3000)}`)
  // The child's last line is what it measured.
  return JSON.parse(done.stdout.trim().split('\n').at(-1) ?? '') as Measured
}

function prepared(name: string, job: Omit<Job, 'dir'>): string {
  const dir = join(work, name)
  if (existsSync(dir)) return dir
  const half = `${dir}.new`
  rmSync(half, { recursive: true, force: true })
  mkdirSync(half)
  child({ ...job, dir: half })
  spawnSync('mv', [half, dir])
  return dir
}

const rate = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)}`

function say(label: string, all: readonly Measured[], more: (measured: Measured) => string = () => ''): void {
  const wall = spread(
    all.map(({ bytes, ms }) => bytes / ms / 1000),
    rate,
  )
  const perCore = spread(
    all.map(({ bytes, cpuMs }) => bytes / cpuMs / 1000),
    rate,
  )
  const last = all.at(-1)
  console.log(
    `${label.padEnd(34)} ${wall} MB/s, per core ${perCore} MB/s${last === undefined ? '' : more(last)}`,
  )
}

function ratio(label: string, ours: readonly Measured[], peer: readonly Measured[]): void {
  const per = (all: readonly Measured[], of: (measured: Measured) => number) => middle(all.map(of))
  const byCpu =
    per(ours, ({ bytes, cpuMs }) => bytes / cpuMs) / per(peer, ({ bytes, cpuMs }) => bytes / cpuMs)
  const byClock = per(ours, ({ bytes, ms }) => bytes / ms) / per(peer, ({ bytes, ms }) => bytes / ms)
  console.log(`${label.padEnd(34)} ${byCpu.toFixed(2)} by CPU time, ${byClock.toFixed(2)} by the clock\n`)
}

const times = <T>(work: (run: number) => T): T[] => Array.from({ length: runs }, (_, run) => work(run))

if (wants('parquet')) {
  const log = prepared(`log-${records}`, { kind: 'fill', records })
  const delivered: Measured[] = []
  const copied: Measured[] = []
  const converted: Measured[] = []
  times(() => {
    delivered.push(measure({ kind: 'parquet', records }, log))
    copied.push(measure({ kind: 'copy', records }, log))
    converted.push(measure({ kind: 'convert', records }, log))
  })
  say('delivery, JSON to Parquet', delivered, ({ files, peakMb }) => `, ${files} files, peak ${peakMb} MB`)
  say('conversion alone', converted)
  say("DuckDB's COPY from the same JSON", copied)
  ratio('delivery : COPY', delivered, copied)
}
if (wants('raw')) {
  const log = prepared(`log-${records}`, { kind: 'fill', records })
  say(
    'delivery, GZIP of raw records',
    times(() => measure({ kind: 'raw', records }, log)),
    ({ files, peakMb }) => `, ${files} files, peak ${peakMb} MB\n`,
  )
}
if (wants('partitions')) {
  const partitions = Number(options.partitions)
  const log = prepared(`log-${records}-${partitions}`, { kind: 'fill', records, partitions })
  say(
    `delivery, ${partitions} partitions`,
    times(() => measure({ kind: 'partitions', records, partitions }, log)),
    ({ files, peakMb }) => `, ${files} files, peak ${peakMb} MB\n`,
  )
}
if (wants('upserts')) {
  const rows = Number(options.upserts)
  const log = prepared(`upserts-${rows}`, { kind: 'fill', records: rows, isKeyed: true })
  say(
    `upserts, ${rows} rows and ${rows / 2} newer`,
    times(() => measure({ kind: 'upserts', records: rows }, log)),
    ({ rowsPerSecond = 0, files, peakMb }) =>
      `, ${Math.round(rowsPerSecond / 1000)}k rows/s, ${files} files, peak ${peakMb} MB\n`,
  )
}
if (wants('queries')) {
  const files = Number(options.files)
  const lake = prepared(`lake-${files}`, { kind: 'lake', records: files * 2_500, files })
  const all = times(() => measure({ kind: 'queries', records: files * 2_500, files }, lake))
  for (const name of Object.keys(all[0]?.queries ?? {})) {
    const of = (pick: (figures: { lakeMs: number; duckMs: number }) => number) =>
      spread(
        all.flatMap(({ queries }) => (queries?.[name] === undefined ? [] : [pick(queries[name])])),
        (value) => `${value.toFixed(1)} ms`,
      )
    console.log(`${name.padEnd(34)} lake ${of(({ lakeMs }) => lakeMs)}, DuckDB ${of(({ duckMs }) => duckMs)}`)
  }
  const lookups = all.flatMap(({ lookupMs }) => (lookupMs === undefined ? [] : [lookupMs]))
  console.log(
    `${'files of the table in the catalog'.padEnd(34)} ${spread(lookups, (value) => `${value.toFixed(2)} ms`)}\n`,
  )
}
