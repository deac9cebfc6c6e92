/**
 * One query on one thread and on several: `npm run bench:parallel -- [--events 1000000] [--parallelism 1,2]
 * [--queries groups,windows] [--runs 5]`.
 *
 * All runs read copies of the same log of eight shards, as whole processes (`millrace run --until-idle`), every commit durable.
 * Runs with different numbers of threads take turns, so that a busy machine is busy for all of them. Printed: rows per second,
 * the median with the smallest and largest run, and the median against that of the first number of threads.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    parallelism: { type: 'string', default: '1,2' },
    queries: { type: 'string', default: 'stateless,groups,windows,topn' },
    runs: { type: 'string', default: '5' },
  },
})
const root = join(import.meta.dirname, '..')
const bin = join(root, 'packages/millrace/bin/millrace.js')
const app = join(root, 'bench/parallel/parallel.app.ts')
const count = Number(options.events)
const work = join(tmpdir(), 'millrace-bench-parallel')
mkdirSync(work, { recursive: true })
const log = join(work, `log-${count}`)

console.log(
  `machine: ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${count} events, ${options.runs} runs`,
)
if (!existsSync(log)) {
  rmSync(`${log}.new`, { recursive: true, force: true })
  millrace(`${log}.new`, ['--events', String(count)])
  renameSync(`${log}.new`, log)
}
console.log('query      threads     rows/s  [smallest..largest]  against the first')
for (const query of options.queries.split(',')) {
  const threads = options.parallelism.split(',').map(Number)
  const rates = threads.map((): number[] => [])
  for (let run = 0; run < Number(options.runs); run++)
    for (const [i, parallelism] of threads.entries()) rates[i]?.push(measure(query, parallelism))
  const first = median(rates[0] ?? [])
  for (const [i, list] of rates.entries()) {
    const middle = median(list)
    const spread = `[${thousands(Math.min(...list))}..${thousands(Math.max(...list))}]`
    const cells = [query.padEnd(11), String(threads[i]).padStart(7), thousands(middle).padStart(11)]
    console.log(`${cells.join('')}  ${spread.padEnd(19)}  ${(middle / first).toFixed(2)}`)
  }
}

/** Events per second of the query, from its start to its end; its own positions are in a copy of the log's directory. */
function measure(query: string, parallelism: number): number {
  const dir = mkdtempSync(join(work, 'run-'))
  try {
    run('cp', ['-r', `${log}/.`, dir])
    const report = JSON.parse(
      millrace(dir, ['--phase', 'query', '--query', query, '--parallelism', String(parallelism)]),
    ) as { elapsedMs: number; ledgerBalanced: boolean; stages: { kind: string; in: number }[] } // A report, as --json prints it.
    const read = report.stages.reduce((sum, stage) => sum + (stage.kind === 'query' ? stage.in : 0), 0)
    if (read !== count || !report.ledgerBalanced) throw new Error(`${query} read ${read} of ${count} events`)
    return (count / report.elapsedMs) * 1000
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function millrace(dir: string, args: readonly string[]): string {
  return run(process.execPath, [bin, 'run', app, '--data-dir', dir, '--until-idle', '--json', '--', ...args])
}

function run(command: string, args: readonly string[]): string {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 600_000 })
  if (done.status === 0) return done.stdout
  throw new Error(`${command} ${args.slice(0, 6).join(' ')}: ${done.stderr.slice(0, 3000)}`)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000)}k`
}
