/** From the flags of `serve` and `run` to a gateway on a store. */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type AppDoor, consoleRoutes, consoleTrees } from '@millrace/console'
import {
  type AccessKey,
  type AuthMode,
  type AutoscaleTarget,
  defaultRegion,
  formatAlarmEvent,
  type KinesisLimits,
  loadAlarmRules,
  type Meter,
  openStoredDeliveries,
  openStoreGateway,
  overrideLimits,
  parseLimitProfile,
  type ScalingEvent,
  type StoreGateway,
  type StoreGatewayOptions,
} from '@millrace/gateway'
import type { LambdaCode, LambdaHost } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { seededRandom, systemClock } from '@millrace/values'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import { openNotebookHost } from '../notebook/notebook-host.ts'
import { placeBuckets } from './bucket-places.ts'
import type { GatewayFlags } from './commands/gateway-flags.ts'
import { removeAddress, writeAddress } from './gateway-place.ts'
import { openLake } from './lake/open-lake.ts'

export interface OpenGatewayOptions {
  readonly store: Store
  readonly dataDir: string
  readonly flags: GatewayFlags
  /** Something that a person should read. */
  readonly say: (text: string) => void
  /** Of the app's own streams; a flag wins over it. */
  readonly autoscale?: Readonly<Record<string, AutoscaleTarget>>
  /** Keys that hold while the gateway runs, beside those of the directory. */
  readonly ownKeys?: readonly AccessKey[]
  /** Handlers that deliveries of clients may name, and who runs them, given the endpoint's URL. */
  readonly functions?: readonly LambdaCode[]
  readonly lambdas?: (url: string) => LambdaHost
  /** Of the app that runs on the store. */
  readonly app?: AppDoor
  /** Where the app listened before it was started again: tried first, so that who was connected finds it. */
  readonly portBefore?: number
  /** Streams that may not be deleted or resharded and tables that may not be deleted, with the reason. */
  readonly guard?: {
    mayDelete(stream: string): string | undefined
    mayReshard(stream: string): string | undefined
    mayDeleteTable(table: string): string | undefined
  }
}

export async function openGateway(options: OpenGatewayOptions): Promise<StoreGateway> {
  const { store, dataDir, flags, say, guard } = options
  placeBuckets(store, flags.bucket)
  const random = seededRandom(randomUUID())
  // Opens nothing until it is asked.
  const lake = openLake(dataDir, store)
  const notebook = openNotebookHost({ store, clock: systemClock, lake, app: options.app })
  let gateway: StoreGateway | undefined
  const settings = {
    store,
    clock: systemClock,
    random,
    deliveries: (meter: Meter) =>
      openStoredDeliveries({
        store,
        clock: systemClock,
        random,
        meter,
        region: flags.region ?? defaultRegion,
        functions: options.functions ?? [],
        ...(options.lambdas === undefined ? {} : { lambdas: options.lambdas }),
        onWarning: say,
      }),
    directory: dataDir,
    limits: limitsOf(flags),
    autoscale: { ...options.autoscale, ...autoscaleOf(flags) },
    openMetrics: flags.openMetrics,
    routes: consoleRoutes({
      store,
      clock: systemClock,
      random,
      lake,
      app: options.app,
      gateway: () => gateway,
      notebook,
    }),
    trees: consoleTrees(),
    onScaling: (event: ScalingEvent) => say(scalingText(event)),
    auth: { ...authOf(flags), ownKeys: options.ownKeys ?? [] },
    onFailure: ({ call, error }: { call: string; error: unknown }) =>
      say(`${call} failed: ${messageOf(error)}`),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.region === undefined ? {} : { region: flags.region }),
    ...(guard === undefined ? {} : { guard }),
    ...(flags.postgres === undefined ? {} : { postgres: { port: flags.postgres, lake } }),
    ...tlsOf(flags),
    ...alarmsOf(flags, say),
  }
  const opened = await openOnPort(settings, portsToTry(flags.port, options.portBefore))
  gateway = opened
  const { url, tlsUrl } = opened
  writeAddress(dataDir, { url, pid: process.pid, ...(tlsUrl === undefined ? {} : { tlsUrl }) })
  return {
    ...opened,
    get authMode() {
      return opened.authMode
    },
    async close() {
      removeAddress(dataDir)
      await notebook.close()
      await opened.close()
      await lake.query.close()
    },
  }
}

/** A port that was asked for is that port or nothing; `undefined` is the gateway's own, 0 one that is free. */
function portsToTry(asked: number | undefined, before: number | undefined): readonly (number | undefined)[] {
  if (asked !== undefined && asked !== 0) return [asked]
  return [...(before === undefined ? [] : [before]), ...(asked === 0 ? [0] : [undefined, 0])]
}

async function openOnPort(
  settings: Omit<StoreGatewayOptions, 'port'>,
  [port, ...others]: readonly (number | undefined)[],
): Promise<StoreGateway> {
  try {
    return await openStoreGateway(port === undefined ? settings : { ...settings, port })
  } catch (error) {
    if (others.length === 0 || codeOf(error) !== 'GATEWAY_PORT_TAKEN') throw error
    return openOnPort(settings, others)
  }
}

/** For the greeting: what a client has to bring. */
export function authText(mode: AuthMode): string {
  switch (mode) {
    case 'verify':
      return 'signatures are verified'
    case 'lenient':
      return 'any access key is taken'
    case 'off':
      return 'no access key is asked for'
  }
}

function authOf({ auth }: GatewayFlags): { mode?: AuthMode } {
  if (auth === undefined) return {}
  if (auth === 'verify' || auth === 'lenient' || auth === 'off') return { mode: auth }
  throw new MillraceError('USAGE', `--auth is ${JSON.stringify(auth)}.`, {
    next: 'Allowed: verify, lenient, off.',
  })
}

function limitsOf({ limits = 'local', limit }: GatewayFlags): KinesisLimits {
  return overrideLimits(parseLimitProfile(limits), limit)
}

/** `clicks=0.65,1,8`; `clicks=off` ends what was set before. */
function autoscaleOf({ autoscale }: GatewayFlags): Record<string, AutoscaleTarget | undefined> {
  const targets: Record<string, AutoscaleTarget | undefined> = {}
  for (const text of autoscale) {
    const parts = /^([^=]+)=(?:off|(0?\.\d+),(\d{1,5}),(\d{1,5}))$/.exec(text)
    const [, stream = '', target, min, max] = parts ?? []
    const isOff = parts !== null && target === undefined
    if (
      parts === null ||
      (!isOff && !(Number(target) > 0 && Number(min) >= 1 && Number(min) <= Number(max)))
    ) {
      throw new MillraceError('USAGE', `--autoscale is ${JSON.stringify(text)}.`, {
        next: 'Allowed: STREAM=TARGET,MIN,MAX with a target between 0 and 1, like clicks=0.65,1,8, or STREAM=off.',
      })
    }
    targets[stream] = isOff ? undefined : { target: Number(target), min: Number(min), max: Number(max) }
  }
  return targets
}

function scalingText({ stream, splits, merges, refused }: ScalingEvent): string {
  if (refused !== undefined) return `stream ${stream} should be scaled, but ${refused}`
  const parts = [
    ...splits.map((shard) => `split shard ${shard}`),
    ...merges.map(([first, second]) => `merged shards ${first} and ${second}`),
  ]
  return `stream ${stream}: ${parts.join(', ')}`
}

function tlsOf({ tlsPort, tlsCert, tlsKey }: GatewayFlags) {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new MillraceError('USAGE', 'A certificate and its key go together.', {
      next: 'Give --tls-cert and --tls-key, or neither.',
    })
  }
  if (tlsPort === undefined && tlsCert === undefined) return {}
  const certificate =
    tlsCert === undefined || tlsKey === undefined
      ? ('self-signed' as const)
      : { cert: readPem('--tls-cert', tlsCert), key: readPem('--tls-key', tlsKey) }
  return { tls: { certificate, ...(tlsPort === undefined ? {} : { port: tlsPort }) } }
}

function readPem(flag: string, path: string): string {
  try {
    const text = readFileSync(path, 'utf8')
    if (text.includes('-----BEGIN')) return text
  } catch (error) {
    throw new MillraceError('USAGE', `${flag} ${path} cannot be read: ${messageOf(error)}.`, {
      next: 'Name a PEM file.',
      cause: error,
    })
  }
  throw new MillraceError(
    'USAGE',
    `${flag} ${path} is not PEM: it has no line that begins with -----BEGIN.`,
    {
      next: 'Convert it, or name the right file.',
    },
  )
}

function alarmsOf({ alarms }: GatewayFlags, say: (text: string) => void) {
  if (alarms === undefined) return {}
  return {
    alarms: {
      rules: loadAlarmRules(alarms),
      onEvent: (event: Parameters<typeof formatAlarmEvent>[0]) => say(formatAlarmEvent(event)),
      onProblem: (problem: Error) => say(problem.message),
    },
  }
}
