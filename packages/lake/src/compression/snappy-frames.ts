/**
 * Snappy's framing format (google/snappy, framing_format.txt): chunks of
 *   type u8 | length u24 LE | body
 *   0xff        stream identifier, body "sNaPpY", first in the file and perhaps again
 *   0x00, 0x01  data, compressed or not: masked CRC-32C u32 LE of the uncompressed data | data
 *   0xfe, 0x80 to 0xfd  padding and chunks that a reader skips; 0x02 to 0x7f must not be skipped
 * A data chunk holds at most 65,536 bytes, uncompressed. What compression does not make smaller by an eighth is stored, as the
 * reference encoder does. An empty file is read as no data, since some encoders write nothing of nothing.
 */
import { compress, uncompress } from 'snappyjs'
import { LakeError } from '../errors.ts'
import { crc32c } from './crc32c.ts'
import { forEachBlock } from './for-each-block.ts'

const identifier = Uint8Array.of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59)
const chunkBytesMax = 65_536

export async function compressSnappyFrames(bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [identifier]
  await forEachBlock(bytes, chunkBytesMax, (block) => {
    const small = compress(block)
    const isSmaller = small.length < block.length - (block.length >>> 3)
    const body = isSmaller ? small : block
    const head = new DataView(new ArrayBuffer(8))
    head.setUint32(0, ((body.length + 4) << 8) | (isSmaller ? 0 : 1), true)
    head.setUint32(4, masked(crc32c(block)), true)
    parts.push(new Uint8Array(head.buffer), body)
  })
  return Buffer.concat(parts)
}

/** Error: COMPRESSION_INVALID. */
export function decompressSnappyFrames(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) throw damaged(at, 'the file ends within a chunk')
    const type = view.getUint8(at)
    const size = view.getUint32(at) & 0xffffff
    const length = ((size & 0xff) << 16) | (size & 0xff00) | (size >>> 16)
    const end = at + 4 + length
    if (end > bytes.length) throw damaged(at, 'the file ends within a chunk')
    const body = bytes.subarray(at + 4, end)
    if (at === 0 && type !== 0xff) throw damaged(at, 'there is no stream identifier')
    if (type === 0xff) {
      if (Buffer.compare(body, identifier.subarray(4)) !== 0) {
        throw damaged(at, 'the stream identifier is not "sNaPpY"')
      }
    } else if (type <= 1) {
      parts.push(readData(view, at, body, { isCompressed: type === 0 }))
    } else if (type < 0x80) {
      throw damaged(at, `a chunk is of type ${type}, which readers must not skip`)
    }
    at = end
  }
  return Buffer.concat(parts)
}

function readData(
  view: DataView,
  at: number,
  body: Uint8Array,
  { isCompressed }: { isCompressed: boolean },
): Uint8Array {
  if (body.length < 4) throw damaged(at, 'a chunk is too short for its checksum')
  const data = body.subarray(4)
  let plain = data
  if (isCompressed) {
    try {
      plain = uncompress(data, chunkBytesMax)
    } catch (cause) {
      throw damaged(at, 'a chunk cannot be decompressed', cause)
    }
  } else if (data.length > chunkBytesMax) throw damaged(at, `a chunk holds more than ${chunkBytesMax} bytes`)
  if (masked(crc32c(plain)) !== view.getUint32(at + 4, true)) {
    throw damaged(at, 'the checksum of a chunk does not fit its data')
  }
  return plain
}

/** So that checksums of data that holds checksums stay strong. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

function damaged(at: number, reason: string, cause?: unknown): LakeError {
  return new LakeError('COMPRESSION_INVALID', `At byte ${at} of a Snappy file (framed): ${reason}.`, {
    cause,
  })
}
