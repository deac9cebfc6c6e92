/**
 * DECIMAL(p, s) in the log, big-endian: the digits before the point, then those after it, each in groups of nine to four bytes; the
 * group that is not full stands at the outer end and takes only the bytes that its digits need. The highest bit of the first byte is
 * turned, and all bits are turned in negative values, so that the bytes sort as the numbers do. Never through binary fractions.
 */
import { type LogBytes, logInvalid } from './log-bytes.ts'

const bytesOfDigits = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const

export function decimalBytes(precision: number, scale: number): number {
  const whole = precision - scale
  return (
    Math.floor(whole / 9) * 4 +
    bytesOfDigits[whole % 9]! +
    Math.floor(scale / 9) * 4 +
    bytesOfDigits[scale % 9]!
  )
}

/** A reader of canonical text: no zeros in front, all `scale` digits after the point. */
export function decimalReader(precision: number, scale: number): (bytes: LogBytes) => string {
  if (precision < 1 || precision > 65 || scale > precision || scale > 38) {
    throw logInvalid(`a column is DECIMAL(${precision},${scale}), which no server has`)
  }
  const size = decimalBytes(precision, scale)
  const whole = precision - scale
  const firstBytes = bytesOfDigits[whole % 9]!
  const wholeGroups = Math.floor(whole / 9)
  const fractionGroups = Math.floor(scale / 9)
  const lastDigits = scale % 9
  const lastBytes = bytesOfDigits[lastDigits]!

  return (bytes) => {
    let at = bytes.take(size)
    const { buffer } = bytes
    const isNegative = (buffer[at]! & 0x80) === 0
    const mask = isNegative ? 0xff : 0
    let sign = 0x80
    let text = ''

    let group = 0
    for (const stop = at + firstBytes; at < stop; at++) {
      group = group * 256 + (buffer[at]! ^ mask ^ sign)
      sign = 0
    }
    if (group !== 0) text = String(group)
    for (let i = 0; i < wholeGroups; i++) {
      group = readGroup(buffer, at, mask, sign)
      sign = 0
      at += 4
      if (text !== '') text += padDigits(group, 9)
      else if (group !== 0) text = String(group)
    }
    if (text === '') text = '0'
    if (scale > 0) {
      text += '.'
      for (let i = 0; i < fractionGroups; i++) {
        text += padDigits(readGroup(buffer, at, mask, sign), 9)
        sign = 0
        at += 4
      }
      if (lastBytes > 0) {
        group = 0
        for (let i = 0; i < lastBytes; i++, at++) {
          group = group * 256 + (buffer[at]! ^ mask ^ sign)
          sign = 0
        }
        text += padDigits(group, lastDigits)
      }
    }
    return isNegative ? `-${text}` : text
  }
}

function readGroup(buffer: Buffer, at: number, mask: number, sign: number): number {
  return (
    (buffer[at]! ^ mask ^ sign) * 0x100_0000 +
    (((buffer[at + 1]! ^ mask) << 16) | ((buffer[at + 2]! ^ mask) << 8) | (buffer[at + 3]! ^ mask))
  )
}

/** Throws where the group has more digits: such bytes are no decimal. */
function padDigits(group: number, digits: number): string {
  const text = String(group)
  if (text.length > digits) throw logInvalid(`a decimal has ${group} where ${digits} digits are`)
  return text.padStart(digits, '0')
}
