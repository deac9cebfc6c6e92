/** An app, or a bare endpoint, in a process of its own: on a free port, with a data directory that is new and goes away with it. */
import { join } from 'node:path'
import { systemClock } from '@millrace/values'
import { CliProcess, type Folder, temporaryFolder } from '../cli/cli-process.test-kit.ts'
import { type GatewayAddress, readAddress } from '../cli/gateway-place.ts'

export const repository = join(import.meta.dirname, '../../../..')

export interface AppSpec {
  /** From the root of the repository, or absolute: `examples/orders/orders.app.ts`. Undefined: `millrace serve`. */
  readonly file?: string
  /** Flags of `millrace run` or `millrace serve`: `['--auth', 'verify']`. */
  readonly flags?: readonly string[]
  /** Options of the app: `['--rate', '50']`. */
  readonly options?: readonly string[]
  /** Prepares the data directory before the process starts: keys, for example. The directory is there and empty. */
  readonly prepare?: (dataDir: string) => void | Promise<void>
}

export interface AppProcess {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** With `--tls-port`. */
  readonly tlsUrl: string | undefined
  readonly dataDir: string
  readonly process: CliProcess
  /** Ends the process at once; what it had is removed. */
  stop(): Promise<void>
}

const startMs = 60_000
const lookEveryMs = 25

/** Resolves when the endpoint has written its address. Throws with what the process said if it ends before, or is too slow. */
export async function startAppProcess(spec: AppSpec): Promise<AppProcess> {
  const folder = temporaryFolder()
  const dataDir = join(folder.path, 'data')
  await spec.prepare?.(dataDir)
  const { file, flags = [], options = [] } = spec
  const place = ['--data-dir', dataDir, '--port', '0', ...flags]
  const args = file === undefined ? ['serve', ...place] : ['run', file, ...place, '--json', '--', ...options]
  const child = new CliProcess(args, { cwd: repository })
  const stop = () => stopProcess(child, folder)
  try {
    const { url, tlsUrl } = await addressOf(child, dataDir)
    return { url, tlsUrl, dataDir, process: child, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function addressOf(child: CliProcess, dataDir: string): Promise<GatewayAddress> {
  for (let waitedMs = 0; waitedMs < startMs; waitedMs += lookEveryMs) {
    const address = readAddress(dataDir)
    if (address !== undefined) return address
    if (child.child.exitCode !== null) break
    await systemClock.sleep(lookEveryMs)
  }
  throw new Error(`the app did not start:\n${child.stdout}\n${child.stderr}`)
}

async function stopProcess(child: CliProcess, folder: Folder): Promise<void> {
  child.child.kill('SIGKILL')
  await child.ended
  folder.remove()
}
