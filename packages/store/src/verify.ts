/**
 * A walk over all that LMDB needs to be sound, run as a process of its own: `node verify.js DIR`.
 *
 * LMDB trusts its pages. A damaged one ends in an error at best and in an assertion or a bad access at worst, which takes the
 * process along; hence the process. The walk visits every branch and leaf page of every tree and lets the list of free
 * pages serve a write that is then given up. Values on pages of their own are not read: batches have checksums.
 * Exit code 0: sound; DAMAGED_EXIT: LMDB reported damage; a signal: it crashed. Cost: one read of the tree pages.
 */
import { type Database, open } from 'lmdb'
import { PAGE_BYTES, TREES_MAX } from './layout.ts'

/** As in crash-guard.ts, which does not import this file: importing it runs it. */
const DAMAGED_EXIT = 86

const encodings = { encoding: 'binary', keyEncoding: 'binary' } as const
const dir = process.argv[2]
if (dir === undefined) throw new Error('usage: node verify.js DIR')
try {
  const root = open<Uint8Array, Uint8Array>({
    path: dir,
    noSubdir: false,
    pageSize: PAGE_BYTES,
    maxDbs: TREES_MAX,
    ...encodings,
  })
  for (const name of [...root.getKeys()]) {
    const tree = root.openDB<Uint8Array, Uint8Array>(Buffer.from(name).toString('utf8'), encodings)
    const ends: Uint8Array[] = []
    let entries = 0
    for (const { key } of tree.getRange()) {
      if (ends[1] !== undefined && Buffer.compare(ends[1], key) >= 0) throw new Error('keys are out of order')
      entries++
      ends[0] ??= key
      ends[1] = key
    }
    // lmdb types its statistics as {}; entryCount is the number that the tree's root records.
    const { entryCount } = tree.getStats() as { entryCount: number }
    if (entries !== entryCount) throw new Error(`a tree of ${entryCount} entries shows ${entries}`)
    for (const key of ends) rewrite(tree, key)
  }
  await root.close()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(DAMAGED_EXIT)
}

/** Writes an entry anew as it is, in a commit: the pages on its way are copied to free ones, and the list of those is kept. */
function rewrite(tree: Database<Uint8Array, Uint8Array>, key: Uint8Array): void {
  const value = tree.getBinary(key)
  if (value !== undefined) tree.transactionSync(() => tree.putSync(key, value))
}
