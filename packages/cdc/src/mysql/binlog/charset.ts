/**
 * Text of a column to Unicode, by MySQL's name of its character set: exactly what the server itself makes of the bytes.
 * Unicode's own sets and all sets of one byte are complete. The sets of several bytes go through TextDecoder, with the characters that MySQL
 * reads in its own way beside it; bytes that neither knows are CDC_VALUE_INVALID.
 */
import { multiByteDecoder, textInvalid } from './multi-byte-charsets.ts'
import { decodeSingleByte, isSingleByte } from './single-byte-charsets.ts'

export type TextDecode = (buffer: Buffer, start: number, end: number) => string

const utf8: TextDecode = (buffer, start, end) => buffer.toString('utf8', start, end)

/** Undefined: no such character set is known. `binary` is none: its values are bytes. */
export function textDecoder(charset: string): TextDecode | undefined {
  switch (charset) {
    case 'utf8mb4':
    case 'utf8mb3':
    case 'utf8':
      return utf8
    case 'ascii':
      return (buffer, start, end) => buffer.toString('latin1', start, end)
    case 'ucs2':
    case 'utf16':
      return (buffer, start, end) => swapped(buffer, start, end)
    case 'utf16le':
      return (buffer, start, end) => buffer.toString('utf16le', start, end)
    case 'utf32':
      return utf32
  }
  if (isSingleByte(charset)) return (buffer, start, end) => decodeSingleByte(charset, buffer, start, end)
  return multiByteDecoder(charset)
}

function swapped(buffer: Buffer, start: number, end: number): string {
  if ((end - start) % 2 !== 0) throw textInvalid('utf16', buffer, start, end)
  return Buffer.from(buffer.subarray(start, end)).swap16().toString('utf16le')
}

function utf32(buffer: Buffer, start: number, end: number): string {
  if ((end - start) % 4 !== 0) throw textInvalid('utf32', buffer, start, end)
  let text = ''
  for (let at = start; at < end; at += 4) {
    const point = buffer.readUInt32BE(at)
    if (point > 0x10_ffff) throw textInvalid('utf32', buffer, start, end)
    text += String.fromCodePoint(point)
  }
  return text
}
