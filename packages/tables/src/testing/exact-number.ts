/** Oracle for numbers: decimal texts as integers scaled by 10^400, which hold every number of DynamoDB and their sums. */
const scale = 400

export function exactNumber(text: string): bigint {
  const match = /^([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?$/.exec(text)
  if (match === null) throw new Error(`no number: ${text}`)
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const power = scale - fraction.length + Number(exponent)
  const value = BigInt(`0${whole}${fraction}`) * 10n ** BigInt(power)
  return sign === '-' ? -value : value
}
