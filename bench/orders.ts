/**
 * The order pipeline, measured: `npm run bench:orders`.
 *
 * Part 1, throughput: 500,000 orders and 1,000,000 items (DMS envelopes in a file) and 1,000 products run through
 * examples/orders as a whole process, file -> stream -> preprocess -> SQL join -> stream -> function -> table, durable,
 * on a fresh data directory. A run counts only if the table ends with exactly two items for each order and the ledger
 * balances.
 * Part 2, latency: the generator offers items at a fixed rate, whatever the pipeline does (open loop): a record's clock
 * starts when it is due, so waiting in line counts.
 *
 * Figures are printed as minimum, median and maximum over the runs; machines differ, so quote medians and the ratio to a
 * peer measured in the same hour (bench/peers).
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

interface RunReport {
  elapsedMs: number
  tables: { name: string; items: number }[]
  latencyMs: { count: number; p50: number; p90: number; p99: number; max: number }
  ledgerBalanced: boolean
}
interface Measured {
  report: RunReport
  wallMs: number
  cpuSeconds: number
  peakMiB: number
}

const { values: options } = parseArgs({
  options: {
    orders: { type: 'string', default: '500000' },
    products: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '5' },
    rates: { type: 'string', default: '2000,10000,50000' },
    seconds: { type: 'string', default: '20' },
    'paced-runs': { type: 'string', default: '3' },
    only: { type: 'string', default: 'throughput,paced' },
  },
})
const root = join(import.meta.dirname, '..')
const bin = join(root, 'packages/millrace/bin/millrace.js')
const app = join(root, 'examples/orders/orders.app.ts')
const orders = Number(options.orders)
const products = Number(options.products)

const cpu = cpus()
console.log(
  `machine: ${cpu.length} x ${cpu[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`,
)
if (options.only.includes('throughput')) await throughput()
if (options.only.includes('paced')) await paced()

async function throughput(): Promise<void> {
  const data = join(tmpdir(), `millrace-bench-orders-${orders}-${products}`)
  if (!existsSync(join(data, 'changes.ndjson'))) {
    mkdirSync(data, { recursive: true })
    const sizes = ['--orders', String(orders), '--products', String(products), '--seed', '1']
    await run([bin, 'generate', 'orders', ...sizes, '--out', data])
  }
  const files = ['--file', join(data, 'changes.ndjson'), '--products-file', join(data, 'products.json')]
  const rates: number[] = []
  const cores: number[] = []
  const peaks: number[] = []
  for (let i = 0; i < Number(options.runs); i++) {
    const measured = await measure(['--until-idle'], files)
    const items = measured.report.tables.find((table) => table.name === 'OrderEnriched')?.items
    if (items !== orders * 2 || !measured.report.ledgerBalanced) {
      throw new Error(`run ${i + 1} is wrong: ${items} items, balanced ${measured.report.ledgerBalanced}`)
    }
    const rate = items / (measured.report.elapsedMs / 1000)
    rates.push(rate)
    cores.push(measured.cpuSeconds / (measured.wallMs / 1000))
    peaks.push(measured.peakMiB)
    console.log(
      `run ${i + 1}: ${Math.round(rate)} items/s (${measured.report.elapsedMs} ms in the pipeline, ` +
        `${Math.round(measured.wallMs)} ms whole process), ${(cores.at(-1) ?? 0).toFixed(2)} cores, peak ${measured.peakMiB} MiB`,
    )
  }
  console.log(`throughput items/s: ${spread(rates)}; cores ${spread(cores, 2)}; peak MiB ${spread(peaks)}`)
}

async function paced(): Promise<void> {
  for (const rate of options.rates.split(',').map(Number)) {
    const p50: number[] = []
    const p99: number[] = []
    const max: number[] = []
    let count = 0
    for (let i = 0; i < Number(options['paced-runs']); i++) {
      const paceOrders = Math.round((rate * Number(options.seconds)) / 2)
      const pace = ['--rate', String(rate), '--orders', String(paceOrders), '--products', String(products)]
      const { report } = await measure(['--until-idle'], pace)
      const items = report.tables.find((table) => table.name === 'OrderEnriched')?.items
      if (items !== paceOrders * 2 || !report.ledgerBalanced) {
        throw new Error(`paced run at ${rate}/s is wrong: ${items} items, balanced ${report.ledgerBalanced}`)
      }
      p50.push(report.latencyMs.p50)
      p99.push(report.latencyMs.p99)
      max.push(report.latencyMs.max)
      count += report.latencyMs.count
    }
    console.log(
      `${rate} items/s offered: p50 ${spread(p50, 2)} ms, p99 ${spread(p99, 2)} ms, max ${spread(max, 2)} ms, ${count} items`,
    )
  }
}

async function measure(flags: readonly string[], appOptions: readonly string[]): Promise<Measured> {
  const work = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const reportFile = join(work, 'report.json')
  const started = process.hrtime.bigint()
  try {
    const dataDir = ['--data-dir', join(work, 'data')]
    const usage = await run([
      bin,
      'run',
      app,
      ...flags,
      ...dataDir,
      '--report',
      reportFile,
      '--',
      ...appOptions,
    ])
    const wallMs = Number(process.hrtime.bigint() - started) / 1e6
    return { report: JSON.parse(readFileSync(reportFile, 'utf8')), wallMs, ...usage }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Runs node to its end. CPU time and peak memory come from /proc, sampled; zero where there is none. */
function run(args: readonly string[]): Promise<{ cpuSeconds: number; peakMiB: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    let cpuSeconds = 0
    let peakMiB = 0
    const sampler = setInterval(() => {
      try {
        const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
        // Anonymous memory only: pages of the mapped store belong to the page cache and come and go.
        const anonymous = /RssAnon:\s+(\d+)/.exec(status)?.[1]
        peakMiB = Math.max(peakMiB, Math.round(Number(anonymous ?? 0) / 1024))
      } catch {
        // The process has ended, or this is not Linux.
      }
    }, 50)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      clearInterval(sampler)
      if (code === 0) resolve({ cpuSeconds, peakMiB })
      else reject(new Error(`node ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}`))
    })
  })
}

function spread(figures: readonly number[], digits = 0): string {
  const sorted = [...figures].sort((a, b) => a - b)
  const at = (index: number) => (sorted[index] ?? Number.NaN).toFixed(digits)
  return `${at(Math.floor((sorted.length - 1) / 2))} [${at(0)}..${at(sorted.length - 1)}]`
}
