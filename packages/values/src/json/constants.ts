/**
 * Scalars that a preprocessing function lays over records, as JSON values in scratch memory. Equal values are interned, so
 * that a constant costs memory once and a lookup per record.
 */
import { isClean } from '../cell.ts'
import { ValueError } from '../value-error.ts'
import { found } from './locator.ts'
import type { Scratch } from './scratch.ts'

export type JsonScalarValue = string | number | boolean | null

export interface Constant {
  /** As located values are: see `found`. */
  readonly kind: number
  readonly value: JsonScalarValue
  readonly chunk: Uint8Array
  readonly start: number
  readonly end: number
  /** 1 if the text needs no escaping in a JSON string. */
  readonly clean: number
}

// Values known at a time; past that all are forgotten and interned anew (records keep the bytes that they refer to).
const constantsMax = 1024

export class Constants {
  readonly #scratch: Scratch
  readonly #known = new Map<JsonScalarValue, Constant>()

  constructor(scratch: Scratch) {
    this.#scratch = scratch
  }

  /** The constant of a value. Throws VAL1103 for NaN and infinities. */
  of(value: JsonScalarValue): Constant {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new ValueError('VAL1103', `${value} has no JSON form. Set null, a finite number or text.`)
    }
    const scratch = this.#scratch
    const text = Buffer.from(String(value), 'utf8')
    scratch.ensure(text.length)
    const { chunk, used: start } = scratch
    chunk.set(text, start)
    scratch.used += text.length
    const clean = isClean(chunk, start, scratch.used) ? 1 : 0
    const constant = { kind: kindOf(value), value, chunk, start, end: scratch.used, clean }
    if (this.#known.size === constantsMax) this.#known.clear()
    this.#known.set(value, constant)
    return constant
  }
}

function kindOf(value: JsonScalarValue): number {
  if (value === null) return found.null
  if (typeof value === 'boolean') return value ? found.true : found.false
  if (typeof value === 'number') return /^-?\d+$/.test(String(value)) ? found.whole : found.number
  return found.string
}
