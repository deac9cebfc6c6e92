/**
 * Arrays in Postgres' text: `{1,NULL,3}`, `{{a,b},{"c d","e\"f"}}`, `[0:1]={1,2}` (bounds that are not 1; they are left out, since an
 * array of values has none). Elements are separated by the type's delimiter, which is a comma for all types but `box`. An element
 * is quoted where it is empty, looks like NULL, or holds a brace, delimiter, quote, backslash or space; a backslash takes away the
 * meaning of the byte behind it.
 */
import type { ColumnValue } from '../../model/column-value.ts'
import type { ReadValue } from './read-value.ts'
import { ValueProblem } from './value-problem.ts'

const open = 0x7b
const close = 0x7d
const quote = 0x22
const backslash = 0x5c

/** Postgres allows six dimensions. */
const depthMax = 6

export function arrayReader(element: ReadValue, delimiter: number): ReadValue {
  return (bytes, start, end) => {
    const reader = new ArrayReader(bytes, afterBounds(bytes, start, end), end, element, delimiter)
    const value = reader.array(1)
    if (reader.at !== end) throw new ValueProblem('no array', bytes, start, end)
    return value
  }
}

/** `[1:2][-1:0]=` in front of the braces. */
function afterBounds(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== 0x5b) return start
  const equals = bytes.indexOf(0x3d, start)
  if (equals < 0 || equals >= end) throw new ValueProblem('no array', bytes, start, end)
  return equals + 1
}

class ArrayReader {
  at: number
  readonly #bytes: Buffer
  readonly #end: number
  readonly #element: ReadValue
  readonly #delimiter: number

  constructor(bytes: Buffer, start: number, end: number, element: ReadValue, delimiter: number) {
    this.at = start
    this.#bytes = bytes
    this.#end = end
    this.#element = element
    this.#delimiter = delimiter
  }

  array(depth: number): readonly ColumnValue[] {
    const out: ColumnValue[] = []
    this.#expect(open)
    if (depth > depthMax) throw this.#problem()
    if (this.#peek() === close) {
      this.at++
      return out
    }
    for (;;) {
      const byte = this.#peek()
      if (byte === open) out.push(this.array(depth + 1))
      else if (byte === quote) out.push(this.#quoted())
      else out.push(this.#plain())
      const next = this.#peek()
      this.at++
      if (next === close) return out
      if (next !== this.#delimiter) throw this.#problem()
    }
  }

  #plain(): ColumnValue {
    const start = this.at
    while (this.at < this.#end) {
      const byte = this.#bytes[this.at]!
      if (byte === this.#delimiter || byte === close) break
      if (byte === quote || byte === backslash || byte === open) throw this.#problem()
      this.at++
    }
    const [bytes, end] = [this.#bytes, this.at]
    if (end === start) throw this.#problem()
    const isNull =
      end - start === 4 &&
      bytes[start] === 0x4e &&
      bytes[start + 1] === 0x55 &&
      bytes[start + 2] === 0x4c &&
      bytes[start + 3] === 0x4c
    return isNull ? null : this.#element(bytes, start, end)
  }

  #quoted(): ColumnValue {
    this.at++
    const start = this.at
    let escapes = 0
    while (this.#peek() !== quote) {
      if (this.#bytes[this.at] === backslash) {
        escapes++
        this.at++
      }
      this.at++
    }
    const end = this.at++
    if (escapes === 0) return this.#element(this.#bytes, start, end)
    const plain = Buffer.allocUnsafe(end - start - escapes)
    for (let from = start, to = 0; from < end; from++, to++) {
      if (this.#bytes[from] === backslash) from++
      plain[to] = this.#bytes[from]!
    }
    return this.#element(plain, 0, plain.length)
  }

  #peek(): number {
    if (this.at >= this.#end) throw this.#problem()
    return this.#bytes[this.at]!
  }

  #expect(byte: number): void {
    if (this.#peek() !== byte) throw this.#problem()
    this.at++
  }

  #problem(): ValueProblem {
    return new ValueProblem(`no array at byte ${this.at}`, this.#bytes, 0, this.#end)
  }
}
