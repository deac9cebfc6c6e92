/**
 * Decimals as Kafka Connect's logical type Decimal: the unscaled integer in the fewest bytes of two's complement, highest first, in
 * base64. `12.50` with scale 2 is 1250, the bytes 04 e2, the text `BOI=`.
 */
const scratch = Buffer.alloc(8)
/** Digits that a double holds exactly, all of them. */
const fastDigitsMax = 15

/** Digits as text to base64; the text may have fewer digits after the point than the scale, never more. */
export function unscaledBase64(text: string, scale: number): string {
  // Postgres' numeric(3,-2) holds hundreds: its last two digits are zeros that are not written.
  if (scale < 0) return unscaledBase64(String(BigInt(text) / 10n ** BigInt(-scale)), 0)
  const point = text.indexOf('.')
  const digits =
    point < 0 ? text + '0'.repeat(scale) : text.slice(0, point) + text.slice(point + 1).padEnd(scale, '0')
  if (digits.length <= fastDigitsMax) return smallBase64(Number(digits))
  return Buffer.from(twosComplementHex(BigInt(digits)), 'hex').toString('base64')
}

/** An integer of at most 50 bits; the same as by way of the bigint, without one. */
function smallBase64(value: number): string {
  const high = Math.floor(value / 0x1_0000_0000)
  scratch.writeInt32BE(high, 0)
  scratch.writeUInt32BE(value - high * 0x1_0000_0000, 4)
  let from = 0
  // A leading byte that says nothing but the sign that the next one says too.
  while (from < 7 && scratch[from] === (scratch[from + 1]! >= 0x80 ? 0xff : 0)) from++
  return scratch.toString('base64', from)
}

function twosComplementHex(value: bigint): string {
  const magnitude = (value < 0n ? -value - 1n : value).toString(16)
  // The highest bit is the sign: a magnitude that uses it takes another byte.
  const nibbles = magnitude.charCodeAt(0) >= 56 /* '8' */ ? magnitude.length + 1 : magnitude.length
  const bytes = Math.ceil(nibbles / 2)
  return BigInt.asUintN(bytes * 8, value)
    .toString(16)
    .padStart(bytes * 2, '0')
}

export function scaleOf(text: string): number {
  const point = text.indexOf('.')
  return point < 0 ? 0 : text.length - point - 1
}
