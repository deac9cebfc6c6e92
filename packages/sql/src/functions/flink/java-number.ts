/**
 * Numbers as Java writes and reads them: Double.toString (1.0, 1.0E7, NaN; plain digits from 1E-3 below 1E7) and
 * Double.parseDouble. The digits are the fewest that read back as the same number.
 */
export function javaDoubleText(value: number): string {
  return javaText(value, String(Math.abs(value)))
}

/** The same for a 32-bit float: the fewest digits that tell it from its neighbours among floats. */
export function javaFloatText(value: number): string {
  const magnitude = Math.abs(value)
  if (!Number.isFinite(magnitude) || magnitude === 0) return javaText(value, String(magnitude))
  for (let digits = 1; digits < 9; digits++) {
    const text = magnitude.toPrecision(digits)
    if (Math.fround(Number(text)) === Math.fround(magnitude)) return javaText(value, String(Number(text)))
  }
  return javaText(value, String(Number(magnitude.toPrecision(9))))
}

function javaText(value: number, shortest: string): string {
  if (Number.isNaN(value)) return 'NaN'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (!Number.isFinite(value)) return `${sign}Infinity`
  if (value === 0) return `${sign}0.0`
  const [mantissa = '', exponentText = '0'] = shortest.split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const leadingZeros = /^0*/.exec(whole + fraction)![0].length
  const digits = (whole + fraction).slice(leadingZeros).replace(/0+$/, '') || '0'
  // value = 0.d1d2d3... * 10^point
  const point = whole.length - leadingZeros + Number(exponentText)
  if (point > -3 && point <= 7) {
    if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
    return `${sign}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point) || '0'}`
  }
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${point - 1}`
}

const javaNumber = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?)$/

/** The number that the text tells, undefined if it tells none. Blanks around it do not count. */
export function parseJavaDouble(text: string): number | undefined {
  const trimmed = text.trim()
  return javaNumber.test(trimmed) ? Number(trimmed.replace(/[dDfF]$/, '')) : undefined
}
