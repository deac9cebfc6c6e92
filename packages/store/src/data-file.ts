/**
 * A look at LMDB's file before it is mapped. LMDB maps the file and trusts it: a page beyond the end of a cut file would
 * end the process with SIGBUS, on every start. So the size that the newest meta page speaks of is compared with the file.
 *
 * Meta pages as lmdb 3.5.6 writes them (little-endian), found at 0, page / 2 (the flushed one) and page:
 *   +16 u32 flags, +24 u32 magic 0xBEEFC0DE, +28 u32 version 2; +40 is the struct's mapped part, of which
 *   the last page number and the transaction number are used here.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StoreError } from './errors.ts'

const MAGIC = 0xbeef_c0de

export function checkDataFile(path: string): void {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw damaged(path, 'cannot be opened', error)
  }
  try {
    const head = new Uint8Array(64)
    const size = fstatSync(file).size
    if (readSync(file, head, 0, head.length, 0) < head.length) throw damaged(path, `has only ${size} bytes`)
    const view = new DataView(head.buffer)
    if (view.getUint32(24, true) !== MAGIC && view.getUint32(16, true) !== MAGIC && !hasMagic(view)) {
      throw damaged(path, 'does not begin like a data file')
    }
  } finally {
    closeSync(file)
  }
}

function hasMagic(view: DataView): boolean {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) if (view.getUint32(at, true) === MAGIC) return true
  return false
}

function damaged(path: string, what: string, cause?: unknown): StoreError {
  return new StoreError(
    'STORE_DAMAGED',
    `${path} ${what}. It was left as it is. Restore the directory from a copy, or move it away and start with an empty one.`,
    { cause },
  )
}
