/** The beginning of an object as text, unpacked where it is compressed: no more of it is read and unpacked than is shown. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import type { ObjectStore } from '@millrace/lake'

export interface ObjectText {
  readonly encoding: 'plain' | 'gzip' | 'zstd'
  /** Undefined: the bytes are no UTF-8 text. */
  readonly text?: string
  readonly isCut: boolean
}

/** Bytes of text that are shown. */
export const textBytesMax = 64 * 1024
/** A remote object is fetched whole: no larger ones. */
export const objectBytesMax = 64 * 2 ** 20

const gzipMagic = Buffer.from([0x1f, 0x8b])
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

export async function objectText(store: ObjectStore, key: string): Promise<ObjectText> {
  const path = await store.localFile(key)
  const first = await firstBytes(path, zstdMagic.length)
  // Node 20 has no Zstandard.
  if (first.equals(zstdMagic)) return { encoding: 'zstd', isCut: false }
  const isGzip = first.subarray(0, 2).equals(gzipMagic)
  const { bytes, isCut } = await head(path, isGzip)
  const text = textOf(bytes, isCut)
  return { encoding: isGzip ? 'gzip' : 'plain', isCut, ...(text === undefined ? {} : { text }) }
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

async function head(path: string, isGzip: boolean): Promise<{ bytes: Buffer; isCut: boolean }> {
  const file = createReadStream(path, { highWaterMark: textBytesMax })
  const unpacked = isGzip ? file.pipe(createGunzip()) : file
  // `pipe` hands on data and the end alone.
  if (unpacked !== file) file.once('error', (error) => unpacked.destroy(error))
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of unpacked as AsyncIterable<Buffer>) {
      pieces.push(piece)
      size += piece.length
      if (size > textBytesMax) break
    }
  } catch (error) {
    // A damaged end of a compressed object: what came before it is shown.
    if (size === 0) throw error
  } finally {
    file.destroy()
  }
  return { bytes: Buffer.concat(pieces).subarray(0, textBytesMax), isCut: size > textBytesMax }
}

/** A cut may go through a character. */
function textOf(bytes: Buffer, isCut: boolean): string | undefined {
  for (let dropped = 0; dropped <= (isCut ? 3 : 0); dropped++) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, bytes.length - dropped))
      return text.includes('\0') ? undefined : text
    } catch {
      // Tried with a byte less.
    }
  }
  return undefined
}
