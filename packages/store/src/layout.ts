/**
 * The layout of the data directory, in one place: the format version, the names of the trees and the keys of the small
 * values. Layouts of larger values live with their codecs: record-batch.ts, item-key.ts, number-key.ts, state.ts.
 *
 * Directory: `millrace-store.json` (marker, see directory.ts), `data.mdb` and `lock.mdb` (LMDB, 16 KiB pages).
 * Trees (named databases of one LMDB environment, binary keys compared as bytes):
 *   meta    small values that almost every commit touches, so that they share one page:
 *             'c'                                 clock: f64 last commit number, f64 last arrival time (ms)
 *             'h' streamId u32 shard u32          head: f64 next sequence, f64 oldest sequence, f64 bytes retained
 *             'g' stage UTF-8                     the stage's record
 *             'o'                                 owner of the directory, JSON (owner-lock.ts)
 *             'v'                                 f64 version of the catalog, grows with each change of it
 *             's' name UTF-8, 't' name UTF-8      stream and table definitions, JSON
 *             'd' streamId u32                    a deleted stream whose records are not all removed yet, JSON
 *             'q' streamId u32 shard u32 seq u64  quarantined stretch, JSON
 *   log     streamId u32, shard u32, first sequence u64 -> record batch
 *   state   stage, operator, kind, commit, index, ... -> blob
 *   items:N items of the table with id N; a tree for each, because a tree knows its number of entries. A deleted table leaves
 *           its tree empty, for a later table to get its number
 * Integers in keys are big-endian so that byte order is number order; numbers in values are little-endian.
 *
 * History: 1 first version. 2 a stream's definition may hold the time of its making and a layout of shards that were
 * made or closed later (shard-layout.ts); a directory of format 1 is read as it is and becomes the present one when an owner opens it, as later ones do. 3 a table's
 * definition may hold the time of its making and settings; an item may be typed JSON (tag 2, items.ts).
 */
export const FORMAT_VERSION = 3

export const PAGE_BYTES = 16_384
/** LMDB's name for its file. */
export const DATA_FILE = 'data.mdb'
export const META_TREE = 'meta'
export const LOG_TREE = 'log'
export const STATE_TREE = 'state'
export const itemsTree = (tableId: number): string => `items:${tableId}`

/** Named trees that one environment may hold: the three above and one for each table. */
export const TABLES_MAX = 1_000
export const TREES_MAX = TABLES_MAX + 3

const encoder = new TextEncoder()
export const CLOCK_KEY = encoder.encode('c')
export const OWNER_KEY = encoder.encode('o')
export const CATALOG_VERSION_KEY = encoder.encode('v')
export const streamKey = (name: string): Uint8Array => encoder.encode(`s${name}`)
export const tableKey = (name: string): Uint8Array => encoder.encode(`t${name}`)
export const stageKey = (stage: string): Uint8Array => encoder.encode(`g${stage}`)

export function deletedKey(streamId: number): Uint8Array {
  const key = new Uint8Array(5)
  key[0] = 0x64 // 'd'
  new DataView(key.buffer).setUint32(1, streamId)
  return key
}

export const HEAD_BYTES = 24
export const CLOCK_BYTES = 16

export function headKey(streamId: number, shard: number): Uint8Array {
  const key = new Uint8Array(9)
  key[0] = 0x68 // 'h'
  const view = new DataView(key.buffer)
  view.setUint32(1, streamId)
  view.setUint32(5, shard)
  return key
}

export function quarantineKey(streamId: number, shard: number, sequence: number): Uint8Array {
  const key = new Uint8Array(17)
  key[0] = 0x71 // 'q'
  key.set(logKey(streamId, shard, sequence), 1)
  return key
}

export const LOG_KEY_BYTES = 16

export function logKey(streamId: number, shard: number, sequence: number): Uint8Array {
  const key = new Uint8Array(LOG_KEY_BYTES)
  const view = new DataView(key.buffer)
  view.setUint32(0, streamId)
  view.setUint32(4, shard)
  view.setUint32(8, Math.floor(sequence / 0x1_0000_0000))
  view.setUint32(12, sequence >>> 0)
  return key
}

export function sequenceOfLogKey(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  return view.getUint32(8) * 0x1_0000_0000 + view.getUint32(12)
}

/** True if the log key belongs to this shard. */
export function isShardLogKey(key: Uint8Array, streamId: number, shard: number): boolean {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  return key.byteLength === LOG_KEY_BYTES && view.getUint32(0) === streamId && view.getUint32(4) === shard
}

/** The exclusive upper bound of keys that start with this prefix letter. */
export const afterPrefix = (letter: string): Uint8Array => Uint8Array.of(letter.charCodeAt(0) + 1)
