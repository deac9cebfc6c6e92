/**
 * Reads members of one rule of DMS' table mappings, with errors that name the rule and the member. Members that a rule does not have
 * are refused, since a misspelt one would be a rule that silently does nothing else than was meant.
 */
import { didYouMean } from '@millrace/values'
import { type RulePlace, ruleError } from './rules-error.ts'

export class RuleReader {
  readonly place: RulePlace
  readonly #object: { readonly [member: string]: unknown }
  /** Of members inside of members: `object-locator.`. */
  readonly #path: string

  constructor(place: RulePlace, object: unknown, path = '') {
    if (!isObject(object)) throw ruleError(place, path.slice(0, -1) || 'the rule', object, 'a JSON object')
    this.place = place
    this.#object = object
    this.#path = path
  }

  has(member: string): boolean {
    return Object.hasOwn(this.#object, member) && this.#object[member] !== null
  }

  value(member: string): unknown {
    return this.has(member) ? this.#object[member] : undefined
  }

  error(member: string, allowed: string, next?: string): Error {
    return ruleError(this.place, this.#path + member, this.value(member), allowed, next)
  }

  text(member: string): string {
    const value = this.value(member)
    if (typeof value !== 'string' || value === '') throw this.error(member, 'a text that is not empty')
    return value
  }

  optionalText(member: string): string | undefined {
    const value = this.value(member)
    if (value === undefined) return undefined
    if (typeof value !== 'string') throw this.error(member, 'a text')
    return value
  }

  oneOf<T extends string>(member: string, allowed: readonly T[]): T {
    const value = this.value(member)
    const found = allowed.find((item) => item === value)
    if (found !== undefined) return found
    const hint = typeof value === 'string' ? didYouMean(value, allowed).trim() : ''
    throw this.error(member, allowed.map((item) => `"${item}"`).join(', '), hint === '' ? undefined : hint)
  }

  /** Whole numbers, also as text, as DMS' console writes some. */
  optionalInteger(member: string): number | undefined {
    const value = this.value(member)
    if (value === undefined || value === '') return undefined
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
    if (typeof number !== 'number' || !Number.isSafeInteger(number))
      throw this.error(member, 'a whole number')
    return number
  }

  list(member: string): readonly unknown[] {
    const value = this.value(member)
    if (value === undefined) return []
    if (!Array.isArray(value)) throw this.error(member, 'a list')
    return value
  }

  texts(member: string): string[] {
    return this.list(member).map((item) => {
      if (typeof item !== 'string') throw this.error(member, 'a list of texts')
      return item
    })
  }

  inner(member: string): RuleReader {
    if (!this.has(member)) throw this.error(member, 'a JSON object')
    return new RuleReader(this.place, this.value(member), `${this.#path}${member}.`)
  }

  items(member: string): RuleReader[] {
    return this.list(member).map(
      (item, i) => new RuleReader(this.place, item, `${this.#path}${member}[${i}].`),
    )
  }

  /** `known`: all that may stand here. */
  onlyHas(known: readonly string[]): void {
    for (const member of Object.keys(this.#object)) {
      if (known.includes(member)) continue
      throw ruleError(
        this.place,
        `member "${this.#path}${member}"`,
        this.#object[member],
        known.join(', '),
        didYouMean(member, known).trim() || undefined,
      )
    }
  }
}

export function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
