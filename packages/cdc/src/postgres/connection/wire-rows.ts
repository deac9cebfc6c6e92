/** Small results over a wire connection, as texts. */
import type { WireConnection } from './wire-connection.ts'

/** The current message, a row: count of columns 2, then for each length 4 (-1: NULL) and text. */
function textsOf({ bytes, start }: WireConnection): (string | undefined)[] {
  const texts: (string | undefined)[] = []
  for (let left = bytes.readUInt16BE(start), at = start + 2; left > 0; left--) {
    const length = bytes.readInt32BE(at)
    texts.push(length < 0 ? undefined : bytes.toString('utf8', at + 4, at + 4 + length))
    at += 4 + Math.max(0, length)
  }
  return texts
}

/** The last row of the statements' results; empty where there is none. */
export async function lastRow(
  wire: WireConnection,
  text: string,
  signal?: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  let row: readonly (string | undefined)[] = []
  await wire.run(
    text,
    (current) => {
      row = textsOf(current)
    },
    signal,
  )
  return row
}
