/**
 * How a text file is compressed, by its first bytes, since a delivery may give its files any ending. GZIP and Zstandard are read by
 * DuckDB as they are; ZIP and Snappy it does not know, so such a file is unpacked for the query.
 */
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compressionSuffixes, decompress } from '../compression/compress.ts'
import type { FileCompression } from '../delivery/delivery-settings.ts'

export interface TextFile {
  readonly path: string
  /** As DuckDB's readers call it. */
  readonly compression: 'uncompressed' | 'gzip' | 'zstd'
}

const headBytes = 10
const magics: readonly { readonly bytes: readonly number[]; readonly compression: FileCompression }[] = [
  { bytes: [0x1f, 0x8b], compression: 'GZIP' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], compression: 'ZSTD' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], compression: 'ZIP' },
  { bytes: [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59], compression: 'Snappy' },
]

/** `folder` gives a place for what is unpacked; `name` is new in it. Error: COMPRESSION_INVALID. */
export async function textFile(
  path: string,
  { key, folder, name }: { readonly key: string; readonly folder: () => string; readonly name: string },
): Promise<TextFile> {
  const compression = await compressionOf(path, key)
  if (compression === 'UNCOMPRESSED') return { path, compression: 'uncompressed' }
  if (compression === 'GZIP') return { path, compression: 'gzip' }
  if (compression === 'ZSTD') return { path, compression: 'zstd' }
  const unpacked = join(folder(), name)
  await writeFile(unpacked, await decompress(await readFile(path), compression))
  return { path: unpacked, compression: 'uncompressed' }
}

async function compressionOf(path: string, key: string): Promise<FileCompression> {
  // Hadoop's framing begins with a length, which any file may.
  if (key.endsWith(compressionSuffixes.HADOOP_SNAPPY)) return 'HADOOP_SNAPPY'
  const file = await open(path, 'r')
  try {
    const head = new Uint8Array(headBytes)
    await file.read(head, 0, headBytes, 0)
    return (
      magics.find(({ bytes }) => bytes.every((byte, i) => head[i] === byte))?.compression ?? 'UNCOMPRESSED'
    )
  } finally {
    await file.close()
  }
}
