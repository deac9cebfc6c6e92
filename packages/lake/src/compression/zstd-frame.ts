/**
 * Where a Zstandard frame ends and how much it may hold, from its headers alone (RFC 8878, 3.1.1):
 *   magic u32 LE | descriptor u8 | window u8? | dictionary id 0-4 | content size 0-8 | blocks | checksum u32, if the descriptor says so
 * A block begins with u24 LE: last u1, type u2 (raw, one repeated byte, compressed), size u21. Frames with magic 0x184D2A5? are to be
 * skipped.
 */

export interface ZstdFrame {
  /** Just past it. */
  readonly end: number
  /** Of what it holds, at most. */
  readonly contentBytes: number
}

const magic = 0xfd2fb528
const blockBytesMax = 131_072
const dictionaryIdBytes = [0, 1, 2, 4] as const
const contentSizeBytes = [0, 2, 4, 8] as const

/** Throws where no whole frame begins. */
export function readZstdFrame(bytes: Uint8Array, start: number): ZstdFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const first = view.getUint32(start, true)
  if ((first & 0xfffffff0) >>> 0 === 0x184d2a50) {
    return { end: inside(start + 8 + view.getUint32(start + 4, true)), contentBytes: 0 }
  }
  if (first !== magic) throw new Error(`no frame begins at byte ${start}`)
  const descriptor = view.getUint8(start + 4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  // Masks of two bits index tables of four.
  const sizeBytes = contentSizeBytes[(descriptor >>> 6) as 0 | 1 | 2 | 3]
  let at = start + 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes[(descriptor & 3) as 0 | 1 | 2 | 3]
  at += sizeBytes === 0 && isSingleSegment ? 1 : sizeBytes
  let contentBytes = 0
  for (let isLast = false; !isLast; ) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    isLast = (header & 1) !== 0
    const type = (header >>> 1) & 3
    const size = header >>> 3
    contentBytes += type === 2 ? blockBytesMax : size
    at = inside(at + 3 + (type === 1 ? 1 : size))
  }
  return { end: inside(at + (descriptor & 4)), contentBytes }

  function inside(end: number): number {
    if (end > bytes.length) throw new Error('the file ends within a frame')
    return end
  }
}
