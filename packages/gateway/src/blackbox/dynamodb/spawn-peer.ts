/** A server of other people as a process of its own, on a free port (none of them takes port 0), until it listens. */
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { systemClock } from '@millrace/values'
import { TablePeer } from './table-peer.ts'

const startMsMax = 60_000

export async function spawnPeer(
  name: string,
  command: (port: number) => readonly [program: string, ...args: string[]],
): Promise<TablePeer> {
  const port = await freePort()
  const [program, ...args] = command(port)
  const child = spawn(program, args)
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
      throw new Error(`${name} did not start: ${said}`)
    }
    await systemClock.sleep(50)
  }
  return new TablePeer({
    name,
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
