/**
 * `millrace serve`: a gateway over a store, without an app. Standard output says once where it listens; what happens later
 * (alarms, faults) goes to standard error.
 */
import { resolve } from 'node:path'
import { makeOwnKey, metricsSnapshot, metricsTable, type StoreGateway } from '@millrace/gateway'
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { shortPath } from '../define/call-site.ts'
import { messageOf } from '../error.ts'
import { cacheDir } from '../load/cache-dir.ts'
import type { GatewayFlags } from './commands/gateway-flags.ts'
import { noBrowser } from './console.ts'
import { consoleAddress, openBrowser } from './console-address.ts'
import { defaultDataDir } from './data-directory.ts'
import { exitCodes } from './exit-code.ts'
import { fit } from './format.ts'
import { parseFunctions } from './function-flags.ts'
import { deliveryLambdas } from './function-services.ts'
import { authText, openGateway } from './open-gateway.ts'
import { Screen } from './screen.ts'
import { watchStopSignals } from './stop-signals.ts'

const retentionEveryMs = 60_000
const redrawMs = 1_000

export interface ServeFlags {
  readonly dataDir: string | undefined
  readonly json: boolean
  /** NAME=FILE.EXPORT each. */
  readonly functions: readonly string[]
  readonly gateway: GatewayFlags
}

export async function serve(flags: ServeFlags): Promise<number> {
  const dataDir = flags.dataDir === undefined ? defaultDataDir('serve') : resolve(flags.dataDir)
  const watched = !flags.json && process.stderr.isTTY === true
  const notes: string[] = []
  const say = (text: string): void => {
    notes.push(text)
    if (!watched) process.stderr.write(flags.json ? `${JSON.stringify({ event: text })}\n` : `${text}\n`)
  }
  const signals = watchStopSignals(() => say('finishing the calls in progress; ctrl-C again ends at once'))
  try {
    const store = await openStore({ dir: dataDir, clock: systemClock })
    try {
      const key = makeOwnKey(systemClock.now())
      const functions = parseFunctions(flags.functions)
      const gateway = await openGateway({
        store,
        dataDir,
        flags: flags.gateway,
        say,
        functions,
        // They call this endpoint, with a key of their own.
        ...(functions.length === 0 ? {} : { ownKeys: [key] }),
        lambdas: deliveryLambdas({
          region: flags.gateway.region,
          key,
          cacheDir: cacheDir(),
          onLine: ({ functionName, text }) => say(`${functionName}: ${text}`),
        }),
      })
      process.stdout.write(flags.json ? addressLine(gateway, dataDir) : greeting(gateway, dataDir))
      if (flags.gateway.openConsole) openBrowser(addressOf(gateway), () => say(noBrowser.trimEnd()))
      const shown = watched ? show(gateway, notes, signals.asked) : Promise.resolve()
      await keepRetention(store, signals.asked, say)
      await shown
      await gateway.close()
    } finally {
      await store.close()
    }
    return exitCodes.ok
  } finally {
    signals.release()
  }
}

/** Deletes records that are over their time, until the signal aborts; the gateway does the same for items. */
async function keepRetention(store: Store, signal: AbortSignal, say: (text: string) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      store.enforceRetention(systemClock.now())
    } catch (error) {
      // A disk that is full may have room again, and reading goes on meanwhile.
      say(`old records could not be deleted, which is tried again: ${messageOf(error)}`)
    }
    await systemClock.sleep(retentionEveryMs, signal)
  }
}

/** On a terminal: what each stream takes and gives, redrawn in place, with the last events below. */
async function show(
  { registry }: StoreGateway,
  notes: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const terminal = process.stderr
  const screen = new Screen(terminal)
  while (!signal.aborted) {
    const lines = [...metricsTable(metricsSnapshot(registry)), ...notes.slice(-3)]
    const room = Math.max(1, (terminal.rows || 24) - 1)
    screen.draw(lines.slice(0, room).map((line) => fit(line, terminal.columns || 80)))
    await systemClock.sleep(redrawMs, signal)
  }
  screen.clear()
}

function addressLine(gateway: StoreGateway, dataDir: string): string {
  const { url, tlsUrl, postgresUrl, authMode } = gateway
  const shown = {
    url,
    tlsUrl,
    postgresUrl,
    consoleUrl: addressOf(gateway),
    authMode,
    dataDir,
    pid: process.pid,
  }
  return `${JSON.stringify(shown)}\n`
}

function addressOf({ url, tlsUrl, authMode }: StoreGateway): string {
  return consoleAddress({ url, tlsUrl, needsKeys: authMode === 'verify' })
}

function greeting(gateway: StoreGateway, dataDir: string): string {
  const { url, tlsUrl, postgresUrl, authMode, metricsUrl } = gateway
  return [
    `console at ${addressOf(gateway)}`,
    `DynamoDB, Firehose and Kinesis at ${url}${tlsUrl === undefined ? '' : ` and ${tlsUrl}`} (${authText(authMode)})`,
    `data in ${shortPath(dataDir)}${metricsUrl === undefined ? '' : `, metrics at ${metricsUrl}`}`,
    ...(postgresUrl === undefined ? [] : [`SQL over the lake at ${postgresUrl}`]),
    'try in another terminal:',
    // The CLI asks for a region and for keys before it calls anybody.
    authMode === 'verify'
      ? '  eval "$(npx millrace keys create)"; export AWS_DEFAULT_REGION=us-east-1'
      : '  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-east-1',
    `  aws --endpoint-url ${url} kinesis create-stream --stream-name clicks --shard-count 2`,
    `  echo '{"page":1}' | npx millrace put clicks --key home --endpoint ${url}`,
    `  npx millrace stream read clicks --data-dir ${shortPath(dataDir)}`,
    `  aws --endpoint-url ${url} dynamodb list-tables`,
    `  aws --endpoint-url ${url} firehose list-delivery-streams`,
    '',
  ].join('\n')
}
