/** The order pipeline as a process of its own, with its counts as its administration tells them. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const startMs = 60_000

export interface PipelineProcess {
  readonly url: string
  readonly pid: number
  /** Since the beginning: records of the first stream, items of the last table. */
  counts(): Promise<{ readonly events: number; readonly items: number }>
  stop(): Promise<void>
}

/** The generator's rate is one of items; there is one order for two of them, so two of three records are items. */
export async function startPipeline({
  dataDir,
  eventsPerSecond,
}: {
  readonly dataDir: string
  readonly eventsPerSecond: number
}): Promise<PipelineProcess> {
  const rate = String(Math.round((eventsPerSecond * 2) / 3))
  const place = ['--data-dir', dataDir, '--port', '0', '--json']
  const child = spawn(
    process.execPath,
    [
      'packages/millrace/bin/millrace.js',
      'run',
      'examples/orders/orders.app.ts',
      ...place,
      '--',
      '--rate',
      rate,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const address = join(dataDir, 'gateway.json')
  for (let waited = 0; !existsSync(address); waited += 50) {
    if (waited > startMs || child.exitCode !== null) throw new Error('the order pipeline did not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  // Written by the process just started.
  const { url, pid } = JSON.parse(readFileSync(address, 'utf8')) as { url: string; pid: number }
  return {
    url,
    pid,
    async counts() {
      // The API's promise: src/protocol/streams.ts and tables.ts of the console.
      const { streams } = (await ask(`${url}/admin/streams`)) as {
        streams: { name: string; records: number }[]
      }
      const { tables } = (await ask(`${url}/admin/tables`)) as { tables: { name: string; items: number }[] }
      return {
        events: streams.find(({ name }) => name === 'orders')?.records ?? 0,
        items: tables.find(({ name }) => name === 'OrderEnriched')?.items ?? 0,
      }
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function ask(url: string): Promise<unknown> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json()
}
