/**
 * Operator state: for each stage and operator a snapshot in chunks, then change blobs in commit order.
 *
 * Key: stage UTF-8, 0x00, operator UTF-8, 0x00, then 25 bytes big-endian:
 *   u8 kind (0 snapshot chunk, 1 change), f64 commit number, u32 index inside the commit, f64 liveUntil (Infinity where
 *   the change never expires), u32 size of the blob
 * Value: the blob. liveUntil and size lie in the key so that trimming reads no blobs. Commit numbers are positive, and
 * positive floats sort by their bytes, so blobs come back in the order in which they were written.
 */
import { type Environment, plainBytes, type Tree } from './environment.ts'
import { StoreError } from './errors.ts'
import { BLOB_BYTES_MAX } from './limits.ts'

export type StateKind = 'snapshot' | 'change'

const TAIL_BYTES = 25
/** A page of blobs read at once: few enough to bound memory, many enough that the tree is not searched for each. */
const PAGE_BLOBS = 16
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export interface StatePlace {
  readonly kind: StateKind
  readonly commit: number
  readonly index: number
  readonly liveUntil: number | null
}

export function putState(
  state: Tree,
  stage: string,
  operator: string,
  place: StatePlace,
  blob: Uint8Array,
): void {
  if (blob.length >= BLOB_BYTES_MAX) {
    throw new StoreError(
      'STORE_BLOB_TOO_LARGE',
      `state of operator "${operator}" in stage "${stage}" has a blob of ${blob.length} bytes, allowed are less than ${BLOB_BYTES_MAX}. Write it in chunks.`,
    )
  }
  const prefix = operatorPrefix(stage, operator)
  const key = new Uint8Array(prefix.length + TAIL_BYTES)
  key.set(prefix)
  const view = new DataView(key.buffer, prefix.length)
  view.setUint8(0, place.kind === 'snapshot' ? 0 : 1)
  view.setFloat64(1, place.commit)
  view.setUint32(9, place.index)
  view.setFloat64(13, place.liveUntil ?? Number.POSITIVE_INFINITY)
  view.setUint32(21, blob.length)
  state.putSync(key, blob)
}

export function removeState(state: Tree, stage: string, operator: string): void {
  const prefix = operatorPrefix(stage, operator)
  for (const key of [...state.getKeys({ start: prefix, end: after(prefix) })]) state.removeSync(key)
}

/** Removes leading changes that are over before `time`. Returns the bytes freed. */
export function trimState(state: Tree, stage: string, operator: string, time: number): number {
  const prefix = operatorPrefix(stage, operator)
  const changes = new Uint8Array(prefix.length + 1)
  changes.set(prefix)
  changes[prefix.length] = 1
  const over: Uint8Array[] = []
  let freed = 0
  for (const key of state.getKeys({ start: changes, end: after(prefix) })) {
    const view = new DataView(key.buffer, key.byteOffset + prefix.length, TAIL_BYTES)
    if (!(view.getFloat64(13) < time)) break
    freed += view.getUint32(21)
    over.push(key)
  }
  for (const key of over) state.removeSync(key)
  return freed
}

export function* readState(
  environment: Environment,
  stage: string,
): Generator<{ readonly operator: string; readonly blob: Uint8Array }> {
  const prefix = encoder.encode(`${stage}\0`)
  const end = after(prefix)
  let last: Uint8Array | undefined
  for (;;) {
    environment.refresh()
    const start = last ?? prefix
    const range = { start, end, exclusiveStart: last !== undefined, limit: PAGE_BLOBS }
    const page = environment.read(() => [...environment.state.getRange(range)])
    for (const { key, value } of page) {
      yield {
        operator: decoder.decode(key.subarray(prefix.length, key.length - TAIL_BYTES - 1)),
        blob: plainBytes(value),
      }
    }
    if (page.length < PAGE_BLOBS) return
    last = page[page.length - 1]!.key
  }
}

function operatorPrefix(stage: string, operator: string): Uint8Array {
  return encoder.encode(`${stage}\0${operator}\0`)
}

/** The exclusive end of keys with a prefix that closes with 0x00. */
function after(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice()
  end[end.length - 1] = 1
  return end
}
