/** What the store asks of each structure that it holds (memory-store.ts). */
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

export interface Structure {
  /** Whether something has changed since the last `writeChanges`. */
  readonly changed: boolean
  /** Writes the operations since the last call, without `op.end`. */
  writeChanges(writer: ByteWriter): void
  /** Writes everything; `cut` is called between entries and may end the blob there. */
  writeAll(writer: ByteWriter, cut: () => void): void
  /** Reads one operation whose byte was read already. */
  readOperation(operation: number, reader: ByteReader): void
  /** Forgets keys whose time is over. */
  expire(now: number): void
  /** Entries and about how many bytes they are. */
  readonly entryCount: number
  estimateBytes(writer: ByteWriter): number
}

/** Entries that an estimate of size looks at. */
export const sampleSize = 200

/** So many rows of a structure stay objects; older ones are bytes in an arena. */
export const youngMax = 1 << 16

/** Of a key with more rows all stay objects, because each look at the key would make objects of all of them. */
export const packedMax = 12
