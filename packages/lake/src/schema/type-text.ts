/**
 * A cursor over the text of a type, shared by the readers of Hive's and DuckDB's forms. Names may be bare or quoted; white space
 * between tokens means nothing. Cost: linear in the text.
 */
import { LakeError } from '../errors.ts'

/** Deeper than this no type is read: it would be a mistake, and readers of files give up earlier. */
export const typeDepthMax = 32

export class TypeText {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Whether the token comes next; if so it is taken. */
  take(token: string): boolean {
    this.#space()
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  expect(token: string): void {
    if (!this.take(token)) this.fail(`"${token}" should be here`)
  }

  /** Letters, digits and underscores, as they are. */
  word(what: string): string {
    this.#space()
    const match = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.#text.slice(this.#at, this.#at + 300))
    if (match === null) this.fail(`${what} should be here`)
    this.#at += match[0].length
    return match[0]
  }

  /** A field's name: between quotes of this kind (doubled inside), or bare up to one of the stops. */
  name(quote: string, stops: RegExp): string {
    this.#space()
    if (this.take(quote)) {
      let name = ''
      for (;;) {
        const end = this.#text.indexOf(quote, this.#at)
        if (end < 0) this.fail('the quoted name is not closed')
        name += this.#text.slice(this.#at, end)
        this.#at = end + 1
        if (this.#text[this.#at] !== quote) return name
        name += quote
        this.#at++
      }
    }
    const rest = this.#text.slice(this.#at)
    const end = rest.search(stops)
    const name = (end < 0 ? rest : rest.slice(0, end)).trim()
    if (name === '') this.fail('the name of a field should be here')
    this.#at += end < 0 ? rest.length : end
    return name
  }

  whole(what: string): number {
    this.#space()
    const match = /^\d{1,9}/.exec(this.#text.slice(this.#at, this.#at + 10))
    if (match === null) this.fail(`${what} should be here`)
    this.#at += match[0].length
    return Number(match[0])
  }

  end(): void {
    this.#space()
    if (this.#at < this.#text.length) this.fail('the type should end here')
  }

  fail(reason: string): never {
    const shown = this.#text.length > 200 ? `${this.#text.slice(0, 200)}...` : this.#text
    throw new LakeError('LAKE_TYPE_INVALID', `Type "${shown}", character ${this.#at + 1}: ${reason}.`)
  }

  #space(): void {
    while (this.#at < this.#text.length && /\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }
}

/** `(p,s)`, `(p)` or nothing, behind the name of a decimal type. */
export function decimalArguments(
  text: TypeText,
  otherwise: { readonly precision: number; readonly scale: number },
): { readonly kind: 'decimal'; readonly precision: number; readonly scale: number } {
  let { precision, scale } = otherwise
  if (text.take('(')) {
    precision = text.whole('the precision')
    scale = text.take(',') ? text.whole('the scale') : 0
    text.expect(')')
  }
  if (precision < 1 || precision > 38) text.fail(`a decimal has a precision of 1 to 38, not ${precision}`)
  if (scale > precision)
    text.fail(`a decimal's scale is at most its precision, ${precision}, and not ${scale}`)
  return { kind: 'decimal', precision, scale }
}
