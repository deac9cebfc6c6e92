/**
 * The form of state blobs, version 1. A blob is the version byte, then sections until its end: the structure's name (a
 * value of byte-writer.ts), then entries, each led by an operation byte, up to `op.end`. A snapshot is the same in several
 * blobs. Operations say what is there afterwards, not what was added, so a section may be read again over itself.
 */
export const stateVersion = 1

export const op = {
  end: 0,
  /** keyed: key, value[, time]: the key has the value. */
  set: 1,
  /** keyed: as `set`, and the key is the youngest. */
  insert: 2,
  /** keyed and list: key. */
  delete: 3,
  /** rows: key, row, count, extra[, time]. */
  row: 4,
  /** rows: key, row: the entry has left. */
  removeRow: 5,
  /** rows: key: the key comes here in the order of keys, its entries follow later. */
  key: 6,
  /** value: the value. */
  value: 7,
  /** rows and list: key, time: the key was written at that time. */
  time: 8,
  /** list: key, place, row: the row stands at this place in the key's list. */
  listRow: 9,
} as const

/** Blobs of a snapshot are about this large. */
export const blobBytes = 1 << 20
