/**
 * Entry of a stage's worker thread: loads the app again (functions cannot cross threads), opens its own handle of the
 * store under the owner's lock, runs its stage, says how it ended, and ends by itself. It is never terminated from
 * outside: terminating a busy worker can crash Node 20.
 */
import { randomUUID } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { openStore, type Store } from '@millrace/store'
import { seededRandom, systemClock } from '@millrace/values'
import type { AppDefinition } from './app-model.ts'
import { makeStage } from './app-stages.ts'
import { DeliveryTally } from './delivery-meter.ts'
import { codeOf, messageOf, RuntimeError } from './errors.ts'
import type { FunctionLogLine } from './lambda/invocation-log.ts'
import { makeLambdaHost } from './lambda/lambda-host.ts'
import { Latency } from './latency.ts'
import { loadProbe } from './load-probe.ts'
import { FunctionTally } from './mapping/function-tally.ts'
import { reloadStage } from './reload-stage.ts'
import type { Stage } from './stage.ts'
import { runStage } from './stage-loop.ts'
import { Warnings } from './warnings.ts'
import type { FromWorker, Progress, StageJob, ToWorker } from './worker-messages.ts'

const progressEveryMs = 400

const port = parentPort
if (port === null)
  throw new Error('stage-worker.js is the entry of a worker thread; start an app with startApp')
// Only start-app.ts starts this file.
const job = workerData as StageJob
const say = (message: FromWorker): void => port.postMessage(message)

const stopping = new AbortController()
port.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') stopping.abort()
  else if (message.kind === 'flush') stage?.flush?.()
  else reloadStage(stage, warnings)
})

/** Unset until it has opened. */
let stage: Stage | undefined
const latency = new Latency()
const tableLatency = new Latency()
const tally = new FunctionTally()
const deliveryTally = new DeliveryTally()
let warningsChanged = false
const warnings = new Warnings(() => {
  warningsChanged = true
})

/** Printed by functions and not said yet. */
let lines: FunctionLogLine[] = []
// When and at which count the progress was last said.
let saidAt = 0
let saidCount = 0
let metricsSaidAt = Number.NEGATIVE_INFINITY

await run()

async function run(): Promise<void> {
  let store: Store | undefined
  let made: Stage | undefined
  try {
    const app = await loadApp()
    const definition = app.stages.find((stage) => stage.name === job.stage)
    if (definition === undefined) throw loaderError(`the app that it loaded has no stage "${job.stage}"`)
    const probe = await loadProbe(job.probe, job.stage)
    store = await openStore({
      dir: job.share.dir,
      share: job.share,
      clock: systemClock,
      ...(probe === undefined ? {} : { probe }),
    })
    made = makeStage(app, definition, {
      store,
      clock: systemClock,
      random: seededRandom(`${job.stage} ${randomUUID()}`),
      limits: job.limits,
      warnings,
      latency,
      tableLatency,
      lambdas: makeLambdaHost({ ...job.lambdas, onLine: sayLine }),
      meter: tally,
      deliveryMeter: deliveryTally,
      stopping: stopping.signal,
    })
    await made.open()
    stage = made
    say({ kind: 'opened' })
    await runStage(made, store, stopping.signal, { between: () => Math.min(sayProgress(), sayMetrics()) })
    await made.close()
    await store.close()
    say({ kind: 'done', progress: progress() })
  } catch (error) {
    // Processes of its handlers must not stay behind.
    await made?.close().catch(() => {})
    await store?.close().catch(() => {})
    const remote = {
      code: codeOf(error),
      name: error instanceof Error ? error.name : 'Error',
      message: messageOf(error),
      stack: error instanceof Error ? error.stack : undefined,
    }
    say({ kind: 'failed', error: remote, progress: progress() })
  } finally {
    sayLines()
    metricsSaidAt = Number.NEGATIVE_INFINITY
    sayMetrics()
    // The open port is what keeps the thread alive.
    port?.close()
  }
}

async function loadApp(): Promise<AppDefinition> {
  const { module, spec } = job.loader
  const loaded: unknown = await import(module)
  if (
    typeof loaded !== 'object' ||
    loaded === null ||
    !('loadApp' in loaded) ||
    typeof loaded.loadApp !== 'function'
  ) {
    throw loaderError(`the module ${module} exports no function loadApp(spec)`)
  }
  // The loader is checked when the app starts: its first result was validated on the main thread.
  return (await loaded.loadApp(spec)) as AppDefinition
}

function loaderError(what: string): RuntimeError {
  return new RuntimeError('APP_LOADER_FAILED', {
    place: `worker of stage "${job.stage}"`,
    what,
    next: 'The loader must give the same app for the same spec in every thread',
  })
}

/** Lines of a turn go together. */
function sayLine(line: FunctionLogLine): void {
  if (lines.push(line) === 1) setImmediate(sayLines)
}

function sayLines(): void {
  if (lines.length === 0) return
  say({ kind: 'log', lines })
  lines = []
}

/** Says the progress when there is some, not too often; returns when to look again. */
function sayProgress(): number {
  const changed = latency.count !== saidCount || warningsChanged
  if (!changed) return Number.POSITIVE_INFINITY
  const now = systemClock.now()
  if (now - saidAt < progressEveryMs) return progressEveryMs
  saidAt = now
  saidCount = latency.count
  warningsChanged = false
  say({ kind: 'progress', progress: progress() })
  return Number.POSITIVE_INFINITY
}

/** Says what was observed since it was last said, not too often; returns when to look again. */
function sayMetrics(): number {
  const wait = metricsSaidAt + progressEveryMs - systemClock.now()
  if (wait > 0) return wait
  const statistics = tally.take()
  const deliveryStatistics = deliveryTally.take()
  if (statistics === undefined && deliveryStatistics === undefined) return Number.POSITIVE_INFINITY
  metricsSaidAt = systemClock.now()
  if (statistics !== undefined) say({ kind: 'metrics', statistics })
  if (deliveryStatistics !== undefined) say({ kind: 'delivery-metrics', statistics: deliveryStatistics })
  return Number.POSITIVE_INFINITY
}

function progress(): Progress {
  return {
    latency: latency.toMessage(),
    tableLatency: tableLatency.toMessage(),
    warnings: warnings.entries(),
  }
}
