/** What the kill tests share: a child process that runs an app, and what the order example left behind. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { deadLetterTable, type Report, type RunLimits } from '@millrace/runtime'
import { openStore } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { readRecords } from '../testing/read-records.ts'

/** A commit point of a stage, at the n-th time that it is passed (from 1). */
export interface KillTarget {
  readonly stage: string
  readonly point: string
  readonly pass: number
}

export interface ChildOptions {
  /** File of the app; the order example unless given. */
  readonly app?: string
  readonly arguments: readonly string[]
  readonly dataDir: string
  readonly limits?: Partial<RunLimits>
  readonly probe?: {
    readonly passes?: string
    readonly target?: KillTarget
  }
  /** SIGKILL from outside after so many ms of wall-clock time. */
  readonly killAfterMs?: number
}

export type ChildEnd = { readonly killed: true } | { readonly killed: false; readonly report: Report }

const orders = fileURLToPath(new URL('../../../../examples/orders/orders.app.ts', import.meta.url))
const child = fileURLToPath(new URL('./kill-child.mjs', import.meta.url))

/** Runs the example until it is idle or killed. Any other ending is a failure of the test. */
export function runChild(options: ChildOptions): Promise<ChildEnd> {
  const { killAfterMs, ...spec } = options
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [child, JSON.stringify({ app: orders, ...spec })])
    const timer =
      killAfterMs === undefined ? undefined : setTimeout(() => process_.kill('SIGKILL'), killAfterMs)
    let output = ''
    let errors = ''
    process_.stdout.on('data', (bytes) => {
      output += bytes
    })
    process_.stderr.on('data', (bytes) => {
      errors += bytes
    })
    process_.on('error', reject)
    process_.on('close', (code, signal) => {
      clearTimeout(timer)
      if (signal === 'SIGKILL') resolve({ killed: true })
      else if (code === 0) resolve({ killed: false, report: JSON.parse(output) })
      else reject(new Error(`the child ended with ${signal ?? `exit code ${code}`}:\n${errors}`))
    })
  })
}

export interface LeftBehind {
  /** Items of OrderEnriched in key order, without event_ts (the arrival time, which differs from run to run). */
  readonly items: readonly string[]
  /** Records of orders-enriched, likewise, as a sorted multiset. */
  readonly enriched: readonly string[]
  readonly errorRows: number
  readonly deadLetters: number
}

export async function leftBehind(dataDir: string): Promise<LeftBehind> {
  const store = await openStore({ dir: dataDir, clock: systemClock, mode: 'reader' })
  try {
    const text = new TextDecoder()
    const items = [...store.scan('OrderEnriched')].map((item) => withoutTime(text.decode(item.json)))
    const enriched = readRecords(store, 'orders-enriched').map((record) => withoutTime(record.text()))
    const errors = store.stream('enrich.error_stream')?.shardInfos ?? []
    return {
      items,
      enriched: enriched.sort(),
      errorRows: errors.reduce((sum, shard) => sum + shard.next, 0),
      deadLetters: store.table(deadLetterTable.name)?.items ?? 0,
    }
  } finally {
    await store.close()
  }
}

function withoutTime(json: string): string {
  const { event_ts: _, ...rest } = JSON.parse(json)
  return JSON.stringify(rest)
}
