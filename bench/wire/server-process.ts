/** A server under test as a process of its own on a fresh data directory, until it answers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from './raw-client.ts'

export interface ServerProcess {
  readonly target: Target
  /** CPU seconds that the process has used. */
  cpuSeconds(): number
  stop(): Promise<void>
}

export interface Place {
  readonly dir: string
  readonly port: number
}

const root = join(import.meta.dirname, '../..')

export async function startProcess(
  name: string,
  { launch, answers }: { launch(place: Place): ChildProcess; answers(target: Target): Promise<boolean> },
): Promise<ServerProcess> {
  const dir = mkdtempSync(join(tmpdir(), `bench-${name}-`))
  const port = await freePort()
  const child = launch({ dir, port })
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
    target,
    cpuSeconds: () => cpuSeconds(child.pid ?? 0),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export function millraceProcess({ dir, port }: Place, nodeOptions: readonly string[] = []): ChildProcess {
  const bin = join(root, 'packages/millrace/bin/millrace.js')
  const flags = ['--data-dir', join(dir, 'data'), '--port', String(port), '--auth', 'lenient']
  return spawn(process.execPath, [...nodeOptions, bin, 'serve', ...flags], { cwd: root })
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
