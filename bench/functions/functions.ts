/**
 * Records through a function, as whole processes (`millrace run`): from a log of one shard, as fast as it can, by form, batch
 * size and parallelization; and how long a record takes from the log to the handler when records come at a rate.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Figures, ms, spread } from './figures.ts'

const root = join(import.meta.dirname, '../..')
const bin = join(root, 'packages/millrace/bin/millrace.js')
const app = join(import.meta.dirname, 'functions.app.ts')
const work = join(tmpdir(), 'millrace-bench-functions')

export interface FunctionBench {
  readonly forms: readonly string[]
  readonly batchSizes: readonly number[]
  readonly parallelizations: readonly number[]
  readonly runs: number
}

export function benchThroughput(bench: FunctionBench, figures: Figures): void {
  for (const form of bench.forms) {
    // Per-record functions have no batches, and are concurrent by key.
    const sizes = form === 'each' ? [undefined] : bench.batchSizes
    for (const batchSize of sizes) {
      const records = recordsOf(form, batchSize)
      const log = filledLog(records)
      for (const parallelization of form === 'each' ? [1, 10, 100] : bench.parallelizations) {
        const rates = Array.from({ length: bench.runs }, () =>
          throughput({ log, records, form, batchSize, parallelization }),
        )
        const label =
          batchSize === undefined
            ? `${form}, concurrency ${parallelization}`
            : `${form}, batch ${batchSize}, parallelization ${parallelization}`
        figures.rate({ name: 'millrace', label, rates, unit: 'records/s' })
      }
    }
  }
}

export function benchHandOver(
  { forms, runs }: FunctionBench,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): void {
  for (const form of forms) {
    const [p50, p99, most]: number[][] = [[], [], []]
    for (let run = 0; run < runs; run++) {
      const times = handOver(form, rate, seconds)
      p50!.push(at(times, 0.5))
      p99!.push(at(times, 0.99))
      most!.push(at(times, 1))
    }
    console.log(
      `${form}, ${rate} records/s: arrival to handler p50 ${spread(p50!, ms)}, p99 ${spread(p99!, ms)}, most ${spread(most!, ms)}`,
    )
  }
}

/** A run of a second or more at least, and not of minutes. */
function recordsOf(form: string, batchSize: number | undefined): number {
  if (form === 'each') return 100_000
  const most = form === 'lambda' ? 500_000 : 1_000_000
  if (batchSize === 1) return most / 50
  return batchSize === 10 ? most / 5 : most
}

function filledLog(records: number): string {
  const log = join(work, `log-${records}`)
  if (existsSync(log)) return log
  mkdirSync(work, { recursive: true })
  rmSync(`${log}.new`, { recursive: true, force: true })
  millrace(`${log}.new`, ['--phase', 'fill', '--records', `${records}`])
  renameSync(`${log}.new`, log)
  return log
}

function throughput(job: {
  readonly log: string
  readonly records: number
  readonly form: string
  readonly batchSize: number | undefined
  readonly parallelization: number
}): number {
  const dir = mkdtempSync(join(work, 'run-'))
  try {
    spawnSync('cp', ['-r', `${job.log}/.`, dir])
    const sizes = ['--batch-size', `${job.batchSize ?? 100}`, '--parallelization', `${job.parallelization}`]
    const form = ['--phase', 'run', '--form', job.form, '--records', `${job.records}`]
    const { stages, elapsedMs, ledgerBalanced } = millrace(dir, [...form, ...sizes])
    const out = stages.reduce((sum, stage) => sum + (stage.kind === 'function' ? stage.out : 0), 0)
    if (out !== job.records || !ledgerBalanced)
      throw new Error(`${out} of ${job.records} records came through`)
    return (job.records / elapsedMs) * 1000
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function handOver(form: string, rate: number, seconds: number): number[] {
  mkdirSync(work, { recursive: true })
  const dir = mkdtempSync(join(work, 'pace-'))
  try {
    const out = join(dir, 'times.json')
    const options = ['--form', form, '--records', `${rate * seconds}`, '--rate', `${rate}`, '--out', out]
    millrace(join(dir, 'data'), ['--phase', 'pace', ...options])
    const { times } = JSON.parse(readFileSync(out, 'utf8')) as { times: number[] } // As the handler writes it.
    if (times.length !== rate * seconds) throw new Error(`${times.length} records reached the handler`)
    return times.sort((a, b) => a - b)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Report {
  readonly elapsedMs: number
  readonly ledgerBalanced: boolean
  readonly stages: readonly { readonly kind: string; readonly out: number }[]
}

function millrace(dir: string, args: readonly string[]): Report {
  const flags = ['--data-dir', dir, '--until-idle', '--json', '--no-gateway']
  const done = spawnSync(process.execPath, [bin, 'run', app, ...flags, '--', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 600_000,
  })
  if (done.status !== 0) throw new Error(`millrace run ${args.join(' ')}: ${done.stderr.slice(0, 3000)}`)
  return JSON.parse(done.stdout) as Report // As --json prints it.
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
