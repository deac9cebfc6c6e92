/**
 * JSON of a record as a value that shows what was sent: numbers that JavaScript would round keep their digits. Where the browser does
 * not tell a number's digits (JSON.parse source text access, ECMAScript 2026), they are rounded like everywhere else.
 */

/** A number as it was written. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown

/** Undefined: it is no JSON. A bare number or word is taken as text, which it mostly is. */
export function payloadValue(text: string): unknown {
  const start = text.trimStart()[0]
  if (start !== '{' && start !== '[' && start !== '"') return undefined
  const keepDigits: Reviver = (_key, value, context) => {
    if (typeof value !== 'number' || context?.source === undefined) return value
    return String(value) === context.source ? value : new NumberText(context.source)
  }
  try {
    return JSON.parse(text, keepDigits)
  } catch {
    return undefined
  }
}
