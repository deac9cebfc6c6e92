/**
 * A look at LMDB's file before it is mapped. LMDB maps the file and trusts its size: a page beyond the end of a cut file
 * would end the process with SIGBUS, on every start. So the pages that the meta page in use speaks of must exist, but for free ones at the
 * end, which a commit may count without ever writing them (free-pages.ts).
 *
 * Meta pages as lmdb 3.5.6 writes them with overlapping syncs, little-endian, P = page size:
 *   at 0 and P    of the last two commits, in turn
 *   at P / 2      of the last commit that is on disk
 * In each:  +24 u32 magic 0xBEEFC0DE (not in the middle one)   +48 u32 page size   +144 u64 last page
 *           +88 u64 root of the list of free pages   +152 u64 transaction   +160 i64 boot: the first field of the system's boot id, read as hexadecimal
 * LMDB opens the later of the first two if they were written since the system's start, otherwise the one on disk
 * (mdb_pick_meta in its source). Layouts that are unknown here are left to LMDB to refuse.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { StoreError } from './errors.ts'
import { arePagesFree } from './free-pages.ts'

const MAGIC = 0xbeef_c0de
const META_BYTES = 168
const tailPagesMax = 1_000_000

interface Meta {
  readonly magic: number
  readonly pageBytes: number
  readonly lastPage: number
  readonly freeRoot: bigint
  readonly transaction: number
  readonly boot: bigint
}

export interface DataFileFacts {
  /** True if commits may not have reached the disk before the system stopped: only a writer may open it first. */
  readonly needsRecovery: boolean
  /** Number of the last commit. */
  readonly transaction: number
}

/** Checks that the file can be mapped. */
export function checkDataFile(path: string): DataFileFacts {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw damaged(path, 'is missing', error)
    throw new StoreError(
      'STORE_OPEN_FAILED',
      `cannot open ${path}: ${error instanceof Error ? error.message : String(error)}. Give this user access to the file.`,
      { cause: error },
    )
  }
  try {
    const first = readMeta(file, 0)
    if (first === undefined || first.magic !== MAGIC || first.pageBytes === 0)
      throw damaged(path, `has ${fstatSync(file).size} bytes and does not begin like a data file`)
    const second = readMeta(file, first.pageBytes)
    const onDisk = readMeta(file, first.pageBytes / 2)
    const latest = second !== undefined && second.transaction > first.transaction ? second : first
    const sameBoot = latest.boot === systemBoot()
    const used = sameBoot || onDisk === undefined || onDisk.transaction === 0 ? latest : onDisk
    const needed = (used.lastPage + 1) * used.pageBytes
    // After the meta pages: a process that writes meanwhile makes the file longer before it says so in one of them.
    const size = fstatSync(file).size
    if (size < needed && !isTailFree(file, size, used))
      throw damaged(path, `was cut: it has ${size} bytes, its last commit needs ${needed}`)
    return { needsRecovery: used.transaction !== latest.transaction, transaction: latest.transaction }
  } finally {
    closeSync(file)
  }
}

/** Whether nothing is missing behind the end of the file but free pages. */
function isTailFree(file: number, size: number, { pageBytes, lastPage, freeRoot }: Meta): boolean {
  const from = Math.floor(size / pageBytes)
  // More than a commit lets go of at the end of the file; a list of them all would be long.
  if (lastPage - from > tailPagesMax) return false
  return arePagesFree(file, { root: freeRoot, pageBytes, size }, { from, to: lastPage })
}

function readMeta(file: number, at: number): Meta | undefined {
  const bytes = new Uint8Array(META_BYTES)
  if (readSync(file, bytes, 0, META_BYTES, at) < META_BYTES) return undefined
  const view = new DataView(bytes.buffer)
  return {
    magic: view.getUint32(24, true),
    pageBytes: view.getUint32(48, true),
    lastPage: Number(view.getBigUint64(144, true)),
    freeRoot: view.getBigUint64(88, true),
    transaction: Number(view.getBigUint64(152, true)),
    boot: view.getBigInt64(160, true),
  }
}

function systemBoot(): bigint {
  try {
    const text = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
    return BigInt(`0x${/^[0-9a-f]+/i.exec(text)?.[0] ?? '0'}`)
  } catch {
    return 0n
  }
}

function damaged(path: string, what: string, cause?: unknown): StoreError {
  return new StoreError(
    'STORE_DAMAGED',
    `${path} ${what}. It was left as it is. Restore the directory from a copy, or move it away and start with an empty one.`,
    { cause },
  )
}
