/**
 * Numbers of JSON as plain digits, exactly: `1.5e3` is `1500`. What a column cannot hold without rounding is refused here, since
 * databases round decimals without a word; whether a number is too large, they say themselves.
 */
import type { ColumnType } from '@millrace/cdc'
import { Unfit } from './unfit.ts'

const number = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
/** Far beyond what any column holds; a bound, since an exponent in a record could ask for any number of zeros. */
const digitsMax = 100_000

export function integerCell(text: string): string {
  const { sign, whole, fraction } = parts(text)
  if (fraction !== '') throw new Unfit(`${shown(text)} is no whole number, as its column needs.`)
  return sign + whole
}

export function decimalCell(text: string, { scale }: ColumnType): string {
  if (/^(NaN|[+-]?Infinity)$/.test(text)) return text
  const { sign, whole, fraction } = parts(text)
  if (scale !== undefined && fraction.length > scale) {
    throw new Unfit(
      `${shown(text)} has ${fraction.length} digits behind the point, and the column keeps ${scale}. Give the column more, or round the value.`,
    )
  }
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`
}

export function floatCell(text: string): string {
  if (/^(NaN|[+-]?Infinity)$/.test(text) || (number.test(text) && /\d/.test(text))) return text
  throw new Unfit(`${shown(text)} is no number.`)
}

/** From unscaled digits. */
export function scaledText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const sign = unscaled < 0n ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** No zeros before the number, none after its fraction. */
function parts(text: string): { sign: string; whole: string; fraction: string } {
  const match = number.exec(text)
  if (match === null || !/\d/.test(text)) throw new Unfit(`${shown(text)} is no number.`)
  const [, sign = '', digits = '', behind = '', exponent = '0'] = match
  const shift = Number(exponent)
  const all = digits + behind
  if (/^0*$/.test(all)) return { sign: '', whole: '0', fraction: '' }
  const point = digits.length + shift
  if (Math.abs(shift) > digitsMax) throw new Unfit(`${shown(text)} has too many digits.`)
  const whole = point <= 0 ? '' : all.padEnd(point, '0').slice(0, point)
  const fraction = point <= 0 ? '0'.repeat(-point) + all : all.slice(point)
  return {
    sign: sign === '-' ? '-' : '',
    whole: whole.replace(/^0+(?=\d)/, '') || '0',
    fraction: fraction.replace(/0+$/, ''),
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 37)}...`)
}
