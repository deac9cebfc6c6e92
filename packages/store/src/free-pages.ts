/**
 * Whether pages of LMDB's file are free, by its list of free pages: a tree of its own, whose root a meta page names. A transaction that
 * takes pages and lets go of them again never writes them, but counts them; so the file may end before the last page that the meta
 * page speaks of, and be whole.
 *
 * As lmdb 3.5.6 writes it, little-endian, P = page size:
 *   page      u64 number, u64 transaction, u16, u16 flags (1 branch, 2 leaf), u16 lower, u16; lower / 2 u16 places of nodes, from +24
 *   node      u16 low, u16 high, u16 flags, u16 key bytes, key, data
 *     branch  child page: low | high << 16 | flags << 32
 *     leaf    data bytes: low | high << 16; with flag 1 the data is a u64 page, after whose first 24 bytes the data stands
 *   data      i64 count, then entries: a page; or -n and the first of n pages; or 0, which says nothing
 * Whatever does not look like this means "not known to be free".
 */
import { readSync } from 'node:fs'

const PAGE_HEADER_BYTES = 24
const BRANCH = 1
const LEAF = 2
const ELSEWHERE = 1
const NO_ROOT = 0xffff_ffff_ffff_ffffn
/** Of the list, deeper than any file has it. */
const DEPTH_MAX = 16

export interface FreeList {
  readonly root: bigint
  readonly pageBytes: number
  /** Of the file; pages behind it are not there. */
  readonly size: number
}

/** Whether all pages [from, to] are on the list. */
export function arePagesFree(
  file: number,
  list: FreeList,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  const missing = new Set<number>()
  for (let page = from; page <= to; page++) missing.add(page)
  if (list.root === NO_ROOT) return missing.size === 0
  try {
    visitPage(file, list, Number(list.root), missing, 0)
  } catch (error) {
    if (error === notAList) return false
    throw error
  }
  return missing.size === 0
}

const notAList = new Error('not a list of free pages')

function visitPage(file: number, list: FreeList, page: number, missing: Set<number>, depth: number): void {
  const bytes = readBytes(file, list, page * list.pageBytes, list.pageBytes)
  if (depth > DEPTH_MAX || bytes.getBigUint64(0, true) !== BigInt(page)) throw notAList
  const flags = bytes.getUint16(18, true)
  const nodes = bytes.getUint16(20, true) >> 1
  if ((flags & (BRANCH | LEAF)) === 0 || PAGE_HEADER_BYTES + nodes * 2 > list.pageBytes) throw notAList
  for (let i = 0; i < nodes; i++) {
    const node = PAGE_HEADER_BYTES + bytes.getUint16(PAGE_HEADER_BYTES + i * 2, true)
    if (node + 8 > list.pageBytes) throw notAList
    const low = bytes.getUint16(node, true)
    const high = bytes.getUint16(node + 2, true)
    const nodeFlags = bytes.getUint16(node + 4, true)
    const data = node + 8 + bytes.getUint16(node + 6, true)
    if ((flags & BRANCH) !== 0) {
      visitPage(file, list, low + high * 0x1_0000 + nodeFlags * 0x1_0000_0000, missing, depth + 1)
      continue
    }
    const size = low + high * 0x1_0000
    const isElsewhere = (nodeFlags & ELSEWHERE) !== 0
    if (data + (isElsewhere ? 8 : size) > list.pageBytes) throw notAList
    takeEntries(
      isElsewhere
        ? readBytes(
            file,
            list,
            Number(bytes.getBigUint64(data, true)) * list.pageBytes + PAGE_HEADER_BYTES,
            size,
          )
        : new DataView(bytes.buffer, bytes.byteOffset + data, size),
      missing,
    )
  }
}

/** Takes the pages of one record of the list out of `missing`. */
function takeEntries(data: DataView, missing: Set<number>): void {
  const count = data.byteLength < 8 ? -1 : Number(data.getBigInt64(0, true))
  if (count < 0 || (count + 1) * 8 > data.byteLength) throw notAList
  for (let i = 1; i <= count; i++) {
    const entry = Number(data.getBigInt64(i * 8, true))
    if (entry > 0) missing.delete(entry)
    if (entry >= 0) continue
    i++
    if (i > count) throw notAList
    const first = Number(data.getBigInt64(i * 8, true))
    // Either may be long; the pages looked for are few.
    for (const page of missing) if (page >= first && page < first - entry) missing.delete(page)
  }
}

function readBytes(file: number, { size }: FreeList, at: number, bytes: number): DataView {
  if (!Number.isSafeInteger(at) || at + bytes > size) throw notAList
  const read = new Uint8Array(bytes)
  if (readSync(file, read, 0, bytes, at) < bytes) throw notAList
  return new DataView(read.buffer)
}
