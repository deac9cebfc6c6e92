/** The small counters of the meta tree: the head of each shard and the store-wide clock. Layouts: layout.ts. */
import type { Tree } from './environment.ts'
import { CLOCK_BYTES, CLOCK_KEY, HEAD_BYTES, headKey } from './layout.ts'

export interface Head {
  /** Sequence that the next record gets. */
  next: number
  /** Sequence of the oldest retained record. */
  oldest: number
  /** Key and data bytes retained. */
  bytes: number
}

export interface StoreClock {
  commit: number
  time: number
}

export function readHead(meta: Tree, streamId: number, shard: number): Head {
  const value = meta.getBinary(headKey(streamId, shard))
  if (value === undefined) return { next: 0, oldest: 0, bytes: 0 }
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  return {
    next: view.getFloat64(0, true),
    oldest: view.getFloat64(8, true),
    bytes: view.getFloat64(16, true),
  }
}

export function writeHead(meta: Tree, streamId: number, shard: number, head: Head): void {
  const value = new Uint8Array(HEAD_BYTES)
  const view = new DataView(value.buffer)
  view.setFloat64(0, head.next, true)
  view.setFloat64(8, head.oldest, true)
  view.setFloat64(16, head.bytes, true)
  meta.putSync(headKey(streamId, shard), value)
}

export function readClock(meta: Tree): StoreClock {
  const value = meta.getBinary(CLOCK_KEY)
  if (value === undefined) return { commit: 0, time: 0 }
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  return { commit: view.getFloat64(0, true), time: view.getFloat64(8, true) }
}

export function writeClock(meta: Tree, clock: StoreClock): void {
  const value = new Uint8Array(CLOCK_BYTES)
  const view = new DataView(value.buffer)
  view.setFloat64(0, clock.commit, true)
  view.setFloat64(8, clock.time, true)
  meta.putSync(CLOCK_KEY, value)
}
