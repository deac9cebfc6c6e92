/**
 * Reads a few top-level members of a JSON object straight from its bytes: how a record becomes a table item without
 * being parsed. The whole record is checked to be JSON on the way (locator.ts), so what is stored is well-formed.
 */
import { found, JsonLocator } from './locator.ts'
import type { JsonProblem } from './scan.ts'
import { plainString, stringFromJson } from './text.ts'

/** A key attribute: bigint for integers beyond 53 bits. */
export type JsonKeyValue = string | number | bigint

export class JsonKeyReader {
  readonly #locator: JsonLocator
  readonly #slots: readonly number[]

  constructor(names: readonly string[], options: { readonly learn?: boolean } = {}) {
    this.#locator = new JsonLocator(options.learn ?? true)
    this.#slots = names.map((name) => this.#locator.addPath([name]))
  }

  /** Checks the record in bytes[start, end) and finds the members. */
  locate(bytes: Uint8Array, start: number, end: number): JsonProblem | null {
    const problem = this.#locator.locate(bytes, start, end)
    if (problem !== null) return problem
    let at = start
    while (isSpace(bytes[at]!)) at++
    return bytes[at] === 123
      ? null
      : { offset: at - start, reason: 'a record with key members must be an object' }
  }

  /** The value of the i-th name; undefined if it is absent, null, or no text or number. */
  value(i: number): JsonKeyValue | undefined {
    const { kinds, starts, ends, bytes } = this.#locator
    const slot = this.#slots[i]!
    const start = starts[slot]!
    const end = ends[slot]!
    switch (kinds[slot]) {
      case found.string:
        return plainString(bytes, start, end)
      case found.escaped:
        return stringFromJson(bytes, start, end, true)
      case found.whole:
        return wholeKey(bytes, start, end)
      case found.number:
        return Number(stringFromJson(bytes, start, end, false))
      default:
        return undefined
    }
  }

  /** The i-th value as it is written, where it is a number: `value` is the nearest binary64 of one that is not whole. */
  numberText(i: number): string | undefined {
    const { kinds, starts, ends, bytes } = this.#locator
    const slot = this.#slots[i]!
    if (kinds[slot] !== found.whole && kinds[slot] !== found.number) return undefined
    return stringFromJson(bytes, starts[slot]!, ends[slot]!, false)
  }

  /** What kind of value the i-th name has, for messages. */
  kind(i: number): 'absent' | 'null' | 'boolean' | 'number' | 'string' | 'object' | 'array' {
    return kindNames[this.#locator.kinds[this.#slots[i]!]!]!
  }
}

function isSpace(c: number): boolean {
  return c === 32 || c === 10 || c === 13 || c === 9
}

const kindNames = [
  'absent',
  'null',
  'boolean',
  'boolean',
  'number',
  'number',
  'string',
  'string',
  'object',
  'array',
] as const

function wholeKey(b: Uint8Array, start: number, end: number): number | bigint {
  const negative = b[start] === 45
  let value = 0
  for (let p = negative ? start + 1 : start; p < end; p++) value = value * 10 + (b[p]! - 48)
  if (value > Number.MAX_SAFE_INTEGER) return BigInt(stringFromJson(b, start, end, false))
  return negative ? 0 - value : value
}
