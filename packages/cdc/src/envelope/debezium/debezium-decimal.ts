/**
 * Decimals as Kafka Connect's logical type Decimal: the unscaled integer in the fewest bytes of two's complement, highest first, in
 * base64. `12.50` with scale 2 is 1250, the bytes 04 e2, the text `BOI=`.
 */
/** Digits as text to base64; the text may have fewer digits after the point than the scale, never more. */
export function unscaledBase64(text: string, scale: number): string {
  const point = text.indexOf('.')
  const digits =
    point < 0 ? text + '0'.repeat(scale) : text.slice(0, point) + text.slice(point + 1).padEnd(scale, '0')
  return Buffer.from(twosComplementHex(BigInt(digits)), 'hex').toString('base64')
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
