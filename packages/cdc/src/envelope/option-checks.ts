/** Checks of an envelope's options: every member known, every value one of those allowed. */
import { didYouMean } from '@millrace/values'
import { CdcError } from '../errors.ts'

/** A list: the values allowed. 'flag', 'text': booleans, texts that are not empty. A function looks for itself. */
export type OptionRule = readonly string[] | 'flag' | 'text' | ((value: unknown, name: string) => void)

export function checkOptions(
  place: string,
  options: object,
  rules: { readonly [name: string]: OptionRule },
): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined)
      throw new CdcError(
        'CDC_OPTION',
        `${place} has no option ${JSON.stringify(name)}. ${didYouMean(name, Object.keys(rules))}` +
          `Allowed: ${Object.keys(rules).join(', ')}.`,
      )
    if (value === undefined) continue
    if (typeof rule === 'function') rule(value, `${place}.${name}`)
    else if (rule === 'flag') refuse(typeof value === 'boolean', `${place}.${name}`, value, 'true or false')
    else if (rule === 'text')
      refuse(typeof value === 'string' && value !== '', `${place}.${name}`, value, 'a text that is not empty')
    else
      refuse(
        typeof value === 'string' && rule.includes(value),
        `${place}.${name}`,
        value,
        rule.map((v) => `'${v}'`).join(', '),
      )
  }
}

export function refuse(isAllowed: boolean, place: string, value: unknown, allowed: string): void {
  if (isAllowed) return
  throw new CdcError('CDC_OPTION', `${place} is ${shown(value)}. Allowed: ${allowed}.`)
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 80)}...` : text
}
