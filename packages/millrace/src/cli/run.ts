/**
 * `millrace run`: loads an app, starts it, shows it, and ends with its report.
 *
 * Standard output carries the report alone (text, or JSON with --json); what a person watches goes to standard error, so
 * that the report can be piped. Exit 1 when a stage failed or the ledger does not balance.
 */
import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AppDoor } from '@millrace/console'
import { makeOwnKey, type StoreGateway } from '@millrace/gateway'
import {
  type AppDefinition,
  type Companion,
  lambdaCodes,
  type Report,
  type RunningApp,
  startApp,
  type Warning,
} from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { optionHelp } from '../define/app-options.ts'
import { shortPath } from '../define/call-site.ts'
import type { BuiltApp } from '../define/define-app.ts'
import { MillraceError } from '../error.ts'
import { cacheDir } from '../load/cache-dir.ts'
import { buildApp, loadAppFile, loaderFor } from '../load/load-app.ts'
import type { GatewayFlags } from './commands/gateway-flags.ts'
import { noBrowser } from './console.ts'
import { consoleAddress, openBrowser } from './console-address.ts'
import { defaultDataDir, listDataDirs } from './data-directory.ts'
import { deliveryMetricsInto } from './delivery-metrics.ts'
import { exitCodes } from './exit-code.ts'
import { FunctionLines } from './function-lines.ts'
import { functionMetricsInto } from './function-metrics.ts'
import { deliveryLambdas, functionServices } from './function-services.ts'
import { authText, openGateway } from './open-gateway.ts'
import { display } from './run-display.ts'
import { drainingHint, reportText } from './run-view.ts'
import { sourceMetricsInto } from './source/source-metrics.ts'
import { watchStopSignals } from './stop-signals.ts'
import { streamGuard } from './stream-guard.ts'
import { streamMetricsInto } from './stream-metrics.ts'
import { writeFileAtomic } from './write-file.ts'

export interface RunFlags {
  readonly dataDir: string | undefined
  readonly untilIdle: boolean
  readonly report: string | undefined
  readonly json: boolean
  /** Do not show what functions print. */
  readonly quiet: boolean
  /** Undefined: no gateway. */
  readonly gateway: GatewayFlags | undefined
}

export async function run(file: string, flags: RunFlags, appArguments: readonly string[]): Promise<number> {
  const factory = await loadAppFile(file)
  const help = appArguments.some((word) => word === '--help' || word === '-h')
  if (help) {
    printAppHelp(file, buildApp(factory, []))
    return exitCodes.ok
  }
  const { definition } = buildApp(factory, appArguments)
  const dataDir = flags.dataDir === undefined ? defaultDataDir(definition.name) : resolve(flags.dataDir)
  const resumes = existsSync(dataDir) && readdirSync(dataDir).length > 0
  const spec = { file: resolve(file), options: appArguments }
  const say = (text: string) => void process.stderr.write(`${text}\n`)
  const logs = !flags.json && !process.stderr.isTTY
  // On a terminal the live view says both of these itself.
  const signals = watchStopSignals(() => {
    if (logs) say(drainingHint)
  })
  let app: RunningApp | undefined
  let reloadsWhenStarted = false
  // From here on, since without a listener the signal would end the process while the app starts.
  const reload = () => {
    if (app === undefined) reloadsWhenStarted = true
    else app.reload()
    if (logs) say('reference tables and Lambda functions are loaded again')
  }
  process.on('SIGHUP', reload)
  // Started by `millrace dev`: without it nobody would end the app. What it says waits until somebody listens.
  if (process.env.MILLRACE_DEV === '1') {
    process.channel?.unref()
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
    process.on('message', (message) => {
      if (message === 'reload') reload()
    })
  }
  const onWarning = ({ code, message }: Warning) => {
    if (logs) say(`warning ${code}: ${message}`)
  }
  const hasLambdas = lambdaCodes(definition).length > 0
  const gatewayFlags = gatewayFlagsOf(flags, hasLambdas)
  if (hasLambdas && gatewayFlags === undefined) say(noEndpointWarning)
  let gateway: StoreGateway | undefined
  const notes: string[] = []
  const door: AppDoor = { definition, file: resolve(file), app: undefined }
  const companion =
    (gatewayFlags: GatewayFlags) =>
    async (store: Store): Promise<Companion> => {
      const key = makeOwnKey(systemClock.now())
      const opened = await openGateway({
        store,
        dataDir,
        flags: gatewayFlags,
        say: (text) => {
          notes.push(text)
          if (logs) say(text)
        },
        guard: streamGuard(definition),
        app: door,
        ...(process.env.MILLRACE_DEV_PORT === undefined
          ? {}
          : { portBefore: Number(process.env.MILLRACE_DEV_PORT) }),
        autoscale: definition.autoscale ?? {},
        ownKeys: [key],
        functions: lambdaCodes(definition),
        lambdas: deliveryLambdas({
          region: gatewayFlags.region,
          key,
          cacheDir: cache,
          onLine: (line) => functionLines.take([line]),
        }),
      })
      gateway = opened
      if (process.env.MILLRACE_DEV === '1') process.send?.({ port: Number(new URL(opened.url).port) })
      const closing = new AbortController()
      const until = { clock: systemClock, signal: closing.signal }
      const measured = [
        sourceMetricsInto(opened.registry, door, until),
        streamMetricsInto(opened.registry, store, until),
      ]
      return {
        functionServices: functionServices({ url: opened.url, region: gatewayFlags.region, key }),
        onFunctionMetrics: functionMetricsInto(opened.registry),
        onDeliveryMetrics: deliveryMetricsInto(opened.registry, definition),
        close: async () => {
          closing.abort()
          await Promise.all(measured)
          await opened.close()
        },
      }
    }
  const functionLines = new FunctionLines(flags.json || flags.quiet ? undefined : process.stderr)
  const cache = cacheDir()
  try {
    app = await startApp({
      app: definition,
      dataDir,
      loader: loaderFor(spec),
      untilIdle: flags.untilIdle,
      onWarning,
      ...(cache === undefined ? {} : { handlerCacheDir: cache }),
      onFunctionLog: (lines) => functionLines.take(lines),
      ...(gatewayFlags === undefined ? {} : { companion: companion(gatewayFlags) }),
    })
    door.app = app
    const console = gateway === undefined ? undefined : addressOf(gateway)
    if (console !== undefined && flags.gateway?.openConsole === true)
      openBrowser(console, () => say(noBrowser.trimEnd()))
    if (!flags.json) say(greeting({ file, app: definition, dataDir, resumes, gateway }))
    functionLines.greeted()
    if (reloadsWhenStarted) app.reload()
    const report = await watch(app, signals.asked, { json: flags.json, notes, functionLines, console })
    if (flags.report !== undefined) writeFileAtomic(flags.report, `${JSON.stringify(report, undefined, 2)}\n`)
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : reportText(report))
    if (report.ledgerBalanced) return exitCodes.ok
    throw new MillraceError(
      'APP_FAILED',
      'The ledger does not balance: records were lost or counted twice.',
      {
        next: `Keep ${shortPath(dataDir)} and report it with the report above.`,
      },
    )
  } finally {
    functionLines.greeted()
    process.off('SIGHUP', reload)
    signals.release()
  }
}

interface Shown {
  readonly json: boolean
  readonly notes: readonly string[]
  readonly functionLines: FunctionLines
  /** Address; undefined: there is no gateway. */
  readonly console: string | undefined
}

/** Shows the app until it has ended by itself or on request, and gives its report. */
async function watch(
  app: RunningApp,
  asked: AbortSignal,
  { json, notes, functionLines, console }: Shown,
): Promise<Report> {
  const ended = new AbortController()
  const finished = app.finished.finally(() => ended.abort())
  asked.addEventListener('abort', () => void app.stop().catch(() => {}), { once: true })
  if (asked.aborted) void app.stop().catch(() => {})
  const shown = json
    ? Promise.resolve()
    : display(app, { ended: ended.signal, asked }, { notes, functionLines, console })
  try {
    return await finished
  } finally {
    await shown
  }
}

const noEndpointWarning =
  'warning: without a gateway the functions of this app find no endpoint: calls of their SDKs will fail, or go where ' +
  'their own configuration says. Leave --no-gateway out to give them one.'

/**
 * What ends by itself is seldom spoken to from outside; then a port is opened only on request, or, where functions need an
 * endpoint, a free one for them.
 */
function gatewayFlagsOf(
  { untilIdle, gateway }: Pick<RunFlags, 'untilIdle' | 'gateway'>,
  hasLambdas: boolean,
): GatewayFlags | undefined {
  if (!untilIdle || gateway === undefined || gateway.port !== undefined) return gateway
  return hasLambdas ? { ...gateway, host: undefined, tlsPort: undefined, port: 0 } : undefined
}

interface Start {
  readonly file: string
  readonly app: AppDefinition
  readonly dataDir: string
  /** The directory holds something already. */
  readonly resumes: boolean
  readonly gateway: StoreGateway | undefined
}

function greeting({ file, app, dataDir, resumes, gateway }: Start): string {
  const place = shortPath(dataDir)
  // Without --data-dir the other commands find the directory by themselves, if it is the only one.
  const isFound = dataDir === defaultDataDir(app.name) && listDataDirs().length <= 1
  const where = isFound ? '' : ` --data-dir ${place}`
  const table = app.tables[0]
  const stream = app.streams.at(-1)
  const next = [
    ...(table === undefined ? [] : [`  npx millrace table scan ${table.name} --limit 3${where}`]),
    ...(stream === undefined
      ? []
      : [`  npx millrace stream read ${stream.name} --from latest --limit 3${where}`]),
  ]
  const stages = app.stages.map((stage) => `${stage.kind} ${stage.name}`).join(', ')
  return [
    ...(gateway === undefined ? [] : [`console at ${addressOf(gateway)}`]),
    `running ${app.name} from ${shortPath(resolve(file))}: ${stages}`,
    `data in ${place}${resumes ? ' (continues where it stopped)' : ''}`,
    ...(gateway === undefined
      ? []
      : [`DynamoDB, Firehose and Kinesis at ${gateway.url} (${authText(gateway.authMode)})`]),
    ...(gateway?.postgresUrl === undefined ? [] : [`SQL over the lake at ${gateway.postgresUrl}`]),
    ...(next.length === 0 ? [] : ['try in another terminal:', ...next]),
    '',
  ].join('\n')
}

function addressOf({ url, tlsUrl, authMode }: StoreGateway): string {
  return consoleAddress({ url, tlsUrl, needsKeys: authMode === 'verify' })
}

function printAppHelp(file: string, app: BuiltApp): void {
  const { definition, options } = app
  const list =
    options.length === 0 ? 'The app has no options.' : `Options of the app:\n${optionHelp(options)}`
  process.stdout.write(`millrace run ${file} [flags] -- [app options]\n\n${definition.name}\n\n${list}\n`)
}
