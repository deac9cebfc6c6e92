/** Our side of a measurement: an app in a process of its own, watched by a reader of its store in this one, as any consumer would. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { type Followed, type FollowJob, nowUs, percentile, stream } from './job.ts'

const root = join(import.meta.dirname, '../..')
const mark = Buffer.from('"sent_us":')
const digit = 48

/** `ready` is called when the first change is there. Flags go to Node: `--cpu-prof`. */
export async function follow(
  job: FollowJob,
  { ready, flags = [] }: { readonly ready?: () => void; readonly flags?: readonly string[] } = {},
): Promise<Followed> {
  const jiti = join(root, 'node_modules/jiti/lib/jiti-cli.mjs')
  const child = spawn(
    process.execPath,
    [...flags, jiti, join(root, 'bench/cdc/follow-child.ts'), JSON.stringify(job)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const ended = once(child, 'close')
  let output = ''
  child.stdout.on('data', (bytes) => {
    output += bytes
  })
  const store = await openWhenThere(job.dir, () => child.exitCode !== null)
  try {
    const seen = await watch(store, job, ready, () => child.exitCode !== null)
    child.stdin.end()
    await ended
    // The child's last line.
    const { cpuMs, peakMb } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Followed
    return { ...seen, cpuMs, peakMb }
  } finally {
    child.kill()
    await store.close()
  }
}

async function openWhenThere(dir: string, isOver: () => boolean): Promise<Store> {
  for (;;) {
    if (isOver()) throw new Error('the app ended before it had a store')
    try {
      if (existsSync(dir)) return await openStore({ dir, clock: systemClock, mode: 'reader' })
    } catch {
      // Not made yet.
    }
    await sleep(5)
  }
}

/** Reads what is appended from now on, as soon as it can be read. */
async function watch(
  store: Store,
  { changes: wanted, skipped = 0 }: FollowJob,
  ready: (() => void) | undefined,
  isOver: () => boolean,
): Promise<Omit<Followed, 'cpuMs' | 'peakMb'>> {
  const lags: number[] = []
  let [firstUs, lastUs, firstChanges] = [0, 0, 0]
  let position = store.stream(stream)?.shardInfos[0]?.next ?? 0
  for (let news = -1; lags.length < wanted; ) {
    if (isOver()) throw new Error(`the app ended after ${lags.length} of ${wanted} changes`)
    if (store.news() === news) {
      await sleep(1)
      continue
    }
    news = store.news()
    const next = store.stream(stream)?.shardInfos[0]?.next ?? 0
    if (next === position) continue
    const now = nowUs()
    position = readLags(store, position, next, now, lags)
    if (lags.length === 0) continue
    if (firstChanges === 0) {
      firstChanges = lags.length
      firstUs = now
      ready?.()
    }
    lastUs = now
  }
  const changes = lags.length
  lags.splice(0, skipped)
  lags.sort((a, b) => a - b)
  return {
    changes,
    firstChanges,
    firstUs,
    lastUs,
    p50Us: percentile(lags, 0.5),
    p99Us: percentile(lags, 0.99),
    maxUs: lags.at(-1) ?? 0,
  }
}

/** Returns the position after what was read. */
function readLags(store: Store, from: number, to: number, now: number, lags: number[]): number {
  let position = from
  while (position < to) {
    for (const batch of store.read(stream, 0, position, { maxRecords: 10_000, maxBytes: 16 * 2 ** 20 })
      .batches) {
      if (!('bytes' in batch)) {
        position = batch.nextSequence
        continue
      }
      const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength)
      for (let i = Math.max(0, position - batch.firstSequence); i < batch.count; i++) {
        const sent = sentUs(bytes, batch.dataStart[i] ?? 0, batch.dataStart[i + 1] ?? 0)
        if (sent !== undefined) lags.push(now - sent)
      }
      position = batch.firstSequence + batch.count
    }
  }
  return position
}

/** undefined: a record that is no change of a row. */
function sentUs(bytes: Buffer, start: number, end: number): number | undefined {
  let at = bytes.subarray(start, end).lastIndexOf(mark)
  if (at < 0) return undefined
  at += start + mark.length
  while (bytes[at] === 32) at++
  let sent = 0
  for (let code = bytes[at] ?? 0; code >= digit && code <= digit + 9; code = bytes[++at] ?? 0) {
    sent = sent * 10 + code - digit
  }
  return sent
}
