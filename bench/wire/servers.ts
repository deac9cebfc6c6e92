/** The servers under test, each a process of its own on a fresh data directory, in its most durable mode. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RawConnection, requestBytes, type Target } from './raw-client.ts'
import { millraceProcess, pause, type ServerProcess, startProcess } from './server-process.ts'

export type ServerName = 'millrace' | 'kinesalite' | 'kinesis-local'

export interface Server extends ServerProcess {
  readonly name: ServerName
  /** The peers speak no HTTP/2. */
  readonly http1: boolean
}

const peers = join(import.meta.dirname, 'peers')

export async function startServer(name: ServerName): Promise<Server> {
  if (name !== 'millrace' && !existsSync(join(peers, 'node_modules', name))) {
    console.log('installing the peers')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], {
      cwd: peers,
      stdio: 'inherit',
    })
  }
  const server = await startProcess(name, { launch: (place) => launch(name, place), answers })
  return { ...server, name, http1: name !== 'millrace' }
}

function launch(name: ServerName, { dir, port }: { dir: string; port: number }): ChildProcess {
  const node = (args: readonly string[], cwd: string, env = {}): ChildProcess =>
    spawn(process.execPath, args, { cwd, env: { ...process.env, ...env } })
  switch (name) {
    case 'millrace':
      return millraceProcess({ dir, port })
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
