/**
 * DynamoDB Local, what AWS gives to test against, in memory and in a process of its own. Its jars come from Maven Central
 * (blackbox-dynamodb-local/pom.xml), once; needs Maven and a JDK of 17. It listens on all addresses (it cannot be told
 * otherwise), for as long as the test runs.
 */
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { systemClock } from '@millrace/values'
import { TablePeer } from './table-peer.ts'

const project = fileURLToPath(new URL('../../../blackbox-dynamodb-local', import.meta.url))
const startMsMax = 60_000

export async function startDynamodbLocal(): Promise<TablePeer> {
  const lib = join(project, 'target/lib')
  if (!existsSync(lib)) {
    const goals = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`]
    await promisify(execFile)('mvn', ['-q', '-B', ...goals], { cwd: project })
  }
  // It takes no port 0.
  const port = await freePort()
  const main = 'software.amazon.dynamodb.services.local.main.ServerRunner'
  const options = ['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)]
  const child = spawn('java', [`-Djava.library.path=${lib}`, '-cp', `${lib}/*`, main, ...options])
  let said = ''
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-4_000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  const ended = new Promise((resolve) => child.once('close', resolve))
  const until = systemClock.now() + startMsMax
  while (!(await accepts(port))) {
    if (child.exitCode !== null || systemClock.now() > until) {
      child.kill()
      throw new Error(`DynamoDB Local did not start: ${said}`)
    }
    await systemClock.sleep(100)
  }
  return new TablePeer({
    name: 'DynamoDB Local',
    url: `http://127.0.0.1:${port}`,
    clock: systemClock,
    stop: async () => {
      child.kill()
      await ended
    },
  })
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
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
