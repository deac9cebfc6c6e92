/** The servers under test, each a process of its own on a fresh data directory, in its most durable mode. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RawConnection, requestBytes, type Target } from './raw-client.ts'

export type ServerName = 'millrace' | 'kinesalite' | 'kinesis-local'

export interface Server {
  readonly name: ServerName
  readonly target: Target
  /** The peers speak no HTTP/2. */
  readonly http1: boolean
  /** CPU seconds that the process has used. */
  cpuSeconds(): number
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '../..')
const peers = join(import.meta.dirname, 'peers')

export async function startServer(name: ServerName): Promise<Server> {
  if (name !== 'millrace' && !existsSync(join(peers, 'node_modules', name))) {
    console.log('installing the peers')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], {
      cwd: peers,
      stdio: 'inherit',
    })
  }
  const dir = mkdtempSync(join(tmpdir(), `bench-wire-${name}-`))
  const port = await freePort()
  const child = launch(name, { dir, port })
  let said = ''
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-4_000)
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  const target = { host: '127.0.0.1', port }
  const until = performance.now() + 60_000
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`)
    if (await answers(target)) break
    if (performance.now() > until) throw new Error(`${name} does not answer: ${said}`)
    await pause(100)
  }
  return {
    name,
    target,
    http1: name !== 'millrace',
    cpuSeconds: () => cpuSeconds(child.pid ?? 0),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function launch(name: ServerName, { dir, port }: { dir: string; port: number }): ChildProcess {
  const node = (args: readonly string[], cwd: string, env = {}): ChildProcess =>
    spawn(process.execPath, args, { cwd, env: { ...process.env, ...env } })
  switch (name) {
    case 'millrace': {
      const bin = join(root, 'packages/millrace/bin/millrace.js')
      return node(
        [bin, 'serve', '--data-dir', join(dir, 'data'), '--port', String(port), '--auth', 'lenient'],
        root,
      )
    }
    case 'kinesalite':
      return node(
        [
          join(peers, 'node_modules/kinesalite/cli.js'),
          '--port',
          String(port),
          '--path',
          join(dir, 'data'),
          '--shardLimit',
          '1000',
          '--createStreamMs',
          '50',
        ],
        dir,
      )
    case 'kinesis-local': {
      const folder = join(peers, 'node_modules/kinesis-local')
      return node([join(folder, 'main.js')], folder, {
        KINESIS_MOCK_PLAIN_PORT: String(port),
        KINESIS_MOCK_TLS_PORT: String(port + 1),
        LOG_LEVEL: 'ERROR',
        SHARD_LIMIT: '50',
        SHOULD_PERSIST_DATA: 'true',
        PERSIST_PATH: dir,
        PERSIST_INTERVAL: '1s',
      })
    }
  }
}

/** One call, parsed. */
export async function call<T>(target: Target, operation: string, input: object): Promise<T> {
  const connection = new RawConnection(target)
  try {
    const reply = await connection.call(requestBytes(target, operation, JSON.stringify(input)))
    return (reply.length === 0 ? undefined : JSON.parse(reply.toString())) as T // The caller knows the operation.
  } finally {
    connection.close()
  }
}

export async function makeStream(target: Target, stream: string, shards: number): Promise<string[]> {
  await call(target, 'CreateStream', { StreamName: stream, ShardCount: shards })
  for (;;) {
    const { StreamDescription } = await call<{
      StreamDescription: { StreamStatus: string; Shards: { ShardId: string }[] }
    }>(target, 'DescribeStream', { StreamName: stream })
    if (StreamDescription.StreamStatus === 'ACTIVE')
      return StreamDescription.Shards.map(({ ShardId }) => ShardId)
    await pause(50)
  }
}

async function answers(target: Target): Promise<boolean> {
  try {
    await call(target, 'ListStreams', {})
    return true
  } catch {
    return false
  }
}

/** User and system time of the process and its threads, from the system's own accounts (100 ticks a second on Linux). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
