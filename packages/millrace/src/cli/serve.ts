/**
 * `millrace serve`: a gateway over a store, without an app. Standard output says once where it listens; what happens later
 * (alarms, faults) goes to standard error.
 */
import { resolve } from 'node:path'
import type { KinesisGateway } from '@millrace/gateway'
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { shortPath } from '../define/call-site.ts'
import type { GatewayFlags } from './commands/gateway-flags.ts'
import { defaultDataDir } from './data-directory.ts'
import { exitCodes } from './exit-code.ts'
import { authText, openGateway } from './open-gateway.ts'
import { quietOnClosedPipe } from './output.ts'
import { watchStopSignals } from './stop-signals.ts'

const retentionEveryMs = 60_000

export interface ServeFlags {
  readonly dataDir: string | undefined
  readonly json: boolean
  readonly gateway: GatewayFlags
}

export async function serve(flags: ServeFlags): Promise<number> {
  const dataDir = flags.dataDir === undefined ? defaultDataDir('serve') : resolve(flags.dataDir)
  const say = (text: string): void => {
    process.stderr.write(flags.json ? `${JSON.stringify({ event: text })}\n` : `${text}\n`)
  }
  quietOnClosedPipe()
  const signals = watchStopSignals(() => say('finishing the calls in progress; ctrl-C again ends at once'))
  try {
    const store = await openStore({ dir: dataDir, clock: systemClock })
    try {
      const gateway = await openGateway({ store, dataDir, flags: flags.gateway, say })
      process.stdout.write(flags.json ? addressLine(gateway, dataDir) : greeting(gateway, dataDir))
      await keepRetention(store, signals.asked)
      await gateway.close()
    } finally {
      await store.close()
    }
    return exitCodes.ok
  } finally {
    signals.release()
  }
}

/** Deletes what is over its time, until the signal aborts. */
async function keepRetention(store: Store, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    store.enforceRetention(systemClock.now())
    await systemClock.sleep(retentionEveryMs, signal)
  }
}

function addressLine({ url, tlsUrl, authMode }: KinesisGateway, dataDir: string): string {
  return `${JSON.stringify({ url, tlsUrl, authMode, dataDir, pid: process.pid })}\n`
}

function greeting({ url, tlsUrl, authMode }: KinesisGateway, dataDir: string): string {
  return [
    `Kinesis at ${url}${tlsUrl === undefined ? '' : ` and ${tlsUrl}`} (${authText(authMode)})`,
    `data in ${shortPath(dataDir)}, metrics at ${url}/metrics`,
    'try in another terminal:',
    `  aws --endpoint-url ${url} kinesis create-stream --stream-name clicks --shard-count 2`,
    '  echo \'{"page":1}\' | npx millrace put clicks --key home',
    '  npx millrace stream read clicks',
    '',
  ].join('\n')
}
