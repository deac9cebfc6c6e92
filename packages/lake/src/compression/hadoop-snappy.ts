/**
 * Snappy in Hadoop's block format (Hadoop's BlockCompressorStream): blocks of
 *   uncompressed length u32 BE | chunks, until they make up that length: compressed length u32 BE | raw Snappy
 * We write blocks of 64 KiB with one chunk each, which fit the buffers of every reader. There is no checksum: a flipped bit in
 * literal data is not noticed.
 */
import { compress, uncompress } from 'snappyjs'
import { LakeError } from '../errors.ts'
import { forEachBlock } from './for-each-block.ts'

const blockBytes = 65_536

export async function compressHadoopSnappy(bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  await forEachBlock(bytes, blockBytes, (block) => {
    const small = compress(block)
    const head = new DataView(new ArrayBuffer(8))
    head.setUint32(0, block.length)
    head.setUint32(4, small.length)
    parts.push(new Uint8Array(head.buffer), small)
  })
  return Buffer.concat(parts)
}

/** Error: COMPRESSION_INVALID. */
export function decompressHadoopSnappy(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts: Uint8Array[] = []
  let at = 0
  const readLength = () => {
    if (at + 4 > bytes.length) throw damaged(at, 'the file ends within a length')
    at += 4
    return view.getUint32(at - 4)
  }
  while (at < bytes.length) {
    let left = readLength()
    while (left > 0) {
      const size = readLength()
      if (at + size > bytes.length) throw damaged(at, 'the file ends within a chunk')
      const plain = uncompressChunk(bytes.subarray(at, at + size), at, left)
      if (plain.length === 0) throw damaged(at, 'a chunk is empty')
      parts.push(plain)
      left -= plain.length
      at += size
    }
  }
  return Buffer.concat(parts)
}

function uncompressChunk(chunk: Uint8Array, at: number, bytesMax: number): Uint8Array {
  try {
    return uncompress(chunk, bytesMax)
  } catch (cause) {
    throw damaged(at, 'a chunk cannot be decompressed', cause)
  }
}

function damaged(at: number, reason: string, cause?: unknown): LakeError {
  return new LakeError('COMPRESSION_INVALID', `At byte ${at} of a Snappy file (Hadoop): ${reason}.`, {
    cause,
  })
}
