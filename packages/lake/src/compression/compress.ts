/**
 * Compression of whole files, in the forms that deliveries offer. The same bytes give the same file (of one version of Node),
 * since no time is written. GZIP and ZIP run off this thread; Snappy and, on older Nodes, Zstandard run on it and let others
 * in between. Cost: the file once in memory, and what comes out.
 */
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { FileCompression } from '../delivery/delivery-settings.ts'
import { LakeError } from '../errors.ts'
import { compressHadoopSnappy, decompressHadoopSnappy } from './hadoop-snappy.ts'
import { compressSnappyFrames, decompressSnappyFrames } from './snappy-frames.ts'
import { compressZip, decompressZip } from './zip.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

/** What object keys end in, unless told otherwise: Firehose's suffixes, and `.zst`. */
export const compressionSuffixes: Readonly<Record<FileCompression, string>> = {
  UNCOMPRESSED: '',
  GZIP: '.gz',
  ZIP: '.zip',
  Snappy: '.snappy',
  HADOOP_SNAPPY: '.hsnappy',
  ZSTD: '.zst',
}

export interface CompressOptions {
  /** Name of the entry of a ZIP archive, `data` unless given. */
  readonly entryName?: string
}

/** UNCOMPRESSED gives the same array back. */
export function compress(
  bytes: Uint8Array,
  compression: FileCompression,
  options: CompressOptions = {},
): Promise<Uint8Array> {
  switch (compression) {
    case 'UNCOMPRESSED':
      return Promise.resolve(bytes)
    case 'GZIP':
      // One member; zlib leaves its time at 0.
      return gzipBytes(bytes)
    case 'ZIP':
      return compressZip(bytes, options.entryName ?? 'data')
    case 'Snappy':
      return compressSnappyFrames(bytes)
    case 'HADOOP_SNAPPY':
      return compressHadoopSnappy(bytes)
    case 'ZSTD':
      return compressZstd(bytes)
  }
}

/** Error: COMPRESSION_INVALID. */
export async function decompress(bytes: Uint8Array, compression: FileCompression): Promise<Uint8Array> {
  switch (compression) {
    case 'UNCOMPRESSED':
      return bytes
    case 'GZIP':
      return decompressGzip(bytes)
    case 'ZIP':
      return decompressZip(bytes)
    case 'Snappy':
      return decompressSnappyFrames(bytes)
    case 'HADOOP_SNAPPY':
      return decompressHadoopSnappy(bytes)
    case 'ZSTD':
      return decompressZstd(bytes)
  }
}

const gzipBytes: (bytes: Uint8Array) => Promise<Uint8Array> = promisify(gzip)
const gunzipBytes: (bytes: Uint8Array) => Promise<Uint8Array> = promisify(gunzip)

async function decompressGzip(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await gunzipBytes(bytes)
  } catch (cause) {
    throw new LakeError(
      'COMPRESSION_INVALID',
      'A GZIP file cannot be read: it is damaged, or of another kind.',
      { cause },
    )
  }
}
