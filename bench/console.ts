/**
 * The web console beside a pipeline that works: `npm run bench:console`.
 *
 * The order pipeline (examples/orders, generator -> stream -> SQL join -> stream -> function -> table) is fed at a fixed rate whatever it
 * does (open loop), 10,000 events a second unless --rate says otherwise. Phases take turns in one run: nobody looks; the pipeline
 * page is open in a browser; nobody looks; the tail of the stream that everything comes through; nobody looks. Of each phase:
 *   events/s    records that arrived in the first stream, from the stream's own count
 *   CPU         cores that the pipeline's process took (/proc, so Linux alone)
 *   frames      time between two animation frames of the page: p50, p95, p99, the longest, and the share over 50 ms
 *   browser     cores that the browser's processes took
 *   page        KiB that the page was sent each second, as the browser counts them
 * The browser is headless and draws by the CPU, on the same cores as the pipeline: a machine with a display and a graphics card
 * has more of both to give. The load of the machine stands beside the figures, since other work spoils them.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import { startPipeline } from './console/pipeline-process.ts'

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '10' },
    chromium: { type: 'string', default: process.env.MILLRACE_CHROMIUM ?? '/usr/bin/chromium' },
  },
})
const seconds = Number(options.seconds)
const warmUpMs = 8_000
/** What Linux counts CPU time in; it is 100 everywhere (man 5 proc). */
const ticksPerSecond = 100
/** A frame that took longer than three of a display of 60 Hz is seen as a stutter. */
const longFrameMs = 50

interface Phase {
  readonly name: string
  readonly eventsPerSecond: number
  readonly itemsPerSecond: number
  readonly appCores: number
  readonly browserCores: number
  readonly frames?: readonly number[]
  readonly pageBytesPerSecond?: number
}

const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-console-'))
const pipeline = await startPipeline({ dataDir, eventsPerSecond: Number(options.rate) })
try {
  const [cpu] = cpus()
  const load = loadavg().map((value) => value.toFixed(1))
  console.log(
    `machine: ${cpus().length} x ${cpu?.model ?? 'unknown'}, Node ${process.version}, load ${load.join(' ')}`,
  )
  await sleep(warmUpMs)
  const phases: Phase[] = []
  const pages = [
    ['pipeline page', 'pipeline'],
    ['tail page', 'streams/orders?tab=tail'],
  ] as const
  phases.push(await measure('nobody looks'))
  for (const [name, path] of pages) {
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const browser = await chromium.launch({
      executablePath: options.chromium,
      args: [...asRoot, '--disable-dev-shm-usage'],
    })
    try {
      phases.push(await look(browser, name, path))
    } finally {
      await browser.close()
    }
    phases.push(await measure('nobody looks'))
  }
  print(phases)
} finally {
  await pipeline.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

async function look(browser: Browser, name: string, path: string): Promise<Phase> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  let bytes = 0
  session.on('Network.dataReceived', ({ dataLength }) => {
    bytes += dataLength
  })
  await page.goto(`${pipeline.url}/console/${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  // What is drawn once is not what is measured: files, the first picture.
  await sleep(3_000)
  bytes = 0
  const frames = page.evaluate<number[]>(`new Promise((resolve) => {
    const deltas = []
    let last = performance.now()
    const end = last + ${seconds * 1_000}
    const frame = (now) => {
      deltas.push(now - last)
      last = now
      if (now < end) requestAnimationFrame(frame)
      else resolve(deltas)
    }
    requestAnimationFrame(frame)
  })`)
  const [measured, deltas] = await Promise.all([measure(name), frames])
  await page.close()
  // The first frame waited for its turn.
  return { ...measured, frames: deltas.slice(1), pageBytesPerSecond: bytes / seconds }
}

async function measure(name: string): Promise<Phase> {
  const before = await snapshot()
  await sleep(seconds * 1_000)
  const after = await snapshot()
  const passed = (after.at - before.at) / 1_000
  return {
    name,
    eventsPerSecond: (after.events - before.events) / passed,
    itemsPerSecond: (after.items - before.items) / passed,
    appCores: (after.appTicks - before.appTicks) / ticksPerSecond / passed,
    browserCores: (after.browserTicks - before.browserTicks) / ticksPerSecond / passed,
  }
}

async function snapshot() {
  const counts = await pipeline.counts()
  return { at: performance.now(), ...counts, appTicks: ticksOf(pipeline.pid), browserTicks: browserTicks() }
}

/** User and system time of a process, threads included. */
function ticksOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind the name, which is in brackets and may hold anything: state is field 3, utime and stime are 14 and 15.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  } catch {
    return 0
  }
}

/** Of all descendants of this process but the pipeline. */
function browserTicks(): number {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const text = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const isOurs = (pid: number): boolean => {
    for (let at = pid; at > 1; at = parents.get(at) ?? 0) {
      if (at === pipeline.pid) return false
      if (at === process.pid) return pid !== process.pid
    }
    return false
  }
  return [...parents.keys()].filter(isOurs).reduce((sum, pid) => sum + ticksOf(pid), 0)
}

function print(phases: readonly Phase[]): void {
  console.log(
    '| Phase | Events/s | Items/s into the table | CPU of Millrace | CPU of the browser | Frames: p50 / p95 / p99 / longest | over 50 ms | To the page |',
  )
  console.log('|---|---|---|---|---|---|---|---|')
  for (const phase of phases) {
    const { name, eventsPerSecond, itemsPerSecond, appCores, browserCores, frames, pageBytesPerSecond } =
      phase
    const cells = [
      name,
      Math.round(eventsPerSecond).toLocaleString('en'),
      Math.round(itemsPerSecond).toLocaleString('en'),
      `${appCores.toFixed(2)} cores`,
      frames === undefined ? '' : `${browserCores.toFixed(2)} cores`,
      frames === undefined ? '' : framesText(frames),
      frames === undefined ? '' : longText(frames),
      pageBytesPerSecond === undefined ? '' : `${(pageBytesPerSecond / 1024).toFixed(1)} KiB/s`,
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  const quiet = phases.filter(({ frames }) => frames === undefined)
  const mean = quiet.reduce((sum, { itemsPerSecond }) => sum + itemsPerSecond, 0) / quiet.length
  for (const { name, frames, itemsPerSecond } of phases) {
    if (frames !== undefined)
      console.log(`${name}: ${(itemsPerSecond / mean).toFixed(3)} of the items that come when nobody looks`)
  }
}

function framesText(frames: readonly number[]): string {
  const sorted = [...frames].sort((a, b) => a - b)
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0)
  return `${at(0.5)} / ${at(0.95)} / ${at(0.99)} / ${at(1)} ms (${(frames.length / seconds).toFixed(0)} a second)`
}

function longText(frames: readonly number[]): string {
  const long = frames.filter((frame) => frame > longFrameMs).length
  return `${long} of ${frames.length}`
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
