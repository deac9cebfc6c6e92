/** Partition keys, bytes in the store, as text and as JSON. */
const QUOTE = 34
const BACKSLASH = 92

/** The longest that one byte of a key becomes: \u001f, or a replacement character. */
export const jsonKeyByteMax = 6

/** The inside of a JSON string. Keys are mostly plain ASCII. */
export function writeJsonKey(bytes: Uint8Array, start: number, end: number, out: Buffer, at: number): number {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte < 32 || byte > 126 || byte === QUOTE || byte === BACKSLASH) {
      const text = JSON.stringify(keyText(bytes, start, end))
      return at + out.write(text.slice(1, -1), at)
    }
    out[at + i - start] = byte
  }
  return at + end - start
}

/** A record put by an app may have any bytes for a key; what is not UTF-8 shows as replacement characters. */
export function keyText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
