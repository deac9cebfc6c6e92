/**
 * The objects of a filter pattern: all of their fields have to be met, and of each `$or` one alternative. An object of the
 * record is walked once for all the fields that are asked for at its level, `$or` included; what lies deeper is looked at
 * only when a field leads there. Of equal names in the record the last one counts.
 *
 * Where the pattern has an object, the record may have a list: one of its objects has to meet the pattern by itself. Where
 * it has something else or nothing, all fields below count as absent.
 */
import { skipColon, skipSpace, skipString, skipValue } from '@millrace/values'
import { type FilterJson, hasEscape } from './filter-json.ts'
import { FilterLeaf } from './filter-leaf.ts'
import { type FilterPlace, filterProblem, inField, inList } from './filter-problem.ts'

const QUOTE = 34
const OBJECT = 123
const ARRAY = 91
const none = new Uint8Array(0)

export class FilterObject {
  /** Fields that the pattern names at this level; where their values are, of the object that was walked last. */
  readonly names: string[] = []
  readonly #nameBytes: Uint8Array[] = []
  readonly #sources: Uint8Array[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #children = new Map<string, FilterObject[]>()
  readonly #leaves = new Set<string>()
  readonly #test: () => boolean

  constructor(members: ReadonlyMap<string, FilterJson>, place: FilterPlace) {
    this.#test = this.#compile(members, place)
  }

  /** Patterns below a field. */
  below(name: string): readonly FilterObject[] {
    return this.#children.get(name) ?? []
  }

  /** Whether a list of values is asked of the field itself. */
  hasLeaf(name: string): boolean {
    return this.#leaves.has(name)
  }

  /** bytes[start, end) is a JSON value without white space around; start below 0: there is none. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    const first = start < 0 ? undefined : bytes[start]
    if (first === ARRAY) return this.#matchesList(bytes, start, end)
    this.clear()
    if (first === OBJECT) this.#walk(bytes, start, end)
    return this.#test()
  }

  /** For objects that are put together: forgets all values, takes one, and tests. */
  clear(): void {
    for (let i = 0; i < this.#starts.length; i++) this.#starts[i] = -1
  }

  set(slot: number, bytes: Uint8Array, start: number, end: number): void {
    this.#sources[slot] = bytes
    this.#starts[slot] = start
    this.#ends[slot] = end
  }

  test(): boolean {
    return this.#test()
  }

  #matchesList(bytes: Uint8Array, start: number, end: number): boolean {
    let hasObject = false
    let at = skipSpace(bytes, start + 1, end)
    while (at < end && bytes[at] !== 93) {
      const after = skipValue(bytes, at, end, 0)
      if (bytes[at] === OBJECT || bytes[at] === ARRAY) {
        hasObject = true
        if (this.matches(bytes, at, after)) return true
      }
      at = skipSpace(bytes, after, end)
      if (bytes[at] === 44) at = skipSpace(bytes, at + 1, end)
    }
    if (hasObject) return false
    this.clear()
    return this.#test()
  }

  /** The bytes are JSON, as was checked for the whole record. */
  #walk(bytes: Uint8Array, start: number, end: number): void {
    let at = skipSpace(bytes, start + 1, end)
    while (bytes[at] === QUOTE) {
      const afterName = skipString(bytes, at, end)
      const slot = this.#slotOf(bytes, at + 1, afterName - 1)
      const value = skipColon(bytes, afterName, end)
      const after = skipValue(bytes, value, end, 0)
      if (slot >= 0) this.set(slot, bytes, value, after)
      at = skipSpace(bytes, after, end)
      if (bytes[at] === 44) at = skipSpace(bytes, at + 1, end)
    }
  }

  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    const names = this.#nameBytes
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      if (name.length === end - start && isName(name, bytes, start)) return i
    }
    // A name with escapes is rare, and its bytes differ from those that are asked for.
    if (!hasEscape(bytes, start, end)) return -1
    const text: string = JSON.parse(Buffer.from(bytes.subarray(start - 1, end + 1)).toString())
    return this.names.indexOf(text)
  }

  #compile(members: ReadonlyMap<string, FilterJson>, place: FilterPlace): () => boolean {
    if (members.size === 0) throw filterProblem(place, 'An empty object asks for nothing', 'Name a field')
    const tests: (() => boolean)[] = []
    for (const [name, value] of members) {
      const here = inField(place, name)
      tests.push(name === '$or' ? this.#compileOr(value, here) : this.#compileField(name, value, here))
    }
    const [only] = tests
    if (tests.length === 1 && only !== undefined) return only
    return () => {
      for (let i = 0; i < tests.length; i++) if (!tests[i]!()) return false
      return true
    }
  }

  #compileOr(value: FilterJson, place: FilterPlace): () => boolean {
    const alternatives = value.kind === 'array' ? value.items : []
    if (alternatives.length < 2) {
      throw filterProblem(
        place,
        '"$or" takes a list of two objects or more, such as [{"a": [1]}, {"b": [2]}]',
      )
    }
    const tests = alternatives.map((alternative, i) => {
      if (alternative.kind === 'object') return this.#compile(alternative.members, inList(place, i))
      throw filterProblem(inList(place, i), 'An alternative of "$or" is an object')
    })
    return () => tests.some((test) => test())
  }

  #compileField(name: string, value: FilterJson, place: FilterPlace): () => boolean {
    const slot = this.#slot(name)
    if (value.kind === 'array') {
      const leaf = new FilterLeaf(value.items, place)
      this.#leaves.add(name)
      return () => leaf.matches(this.#sources[slot]!, this.#starts[slot]!, this.#ends[slot]!)
    }
    if (value.kind === 'object') {
      const child = new FilterObject(value.members, place)
      this.#children.set(name, [...this.below(name), child])
      return () => child.matches(this.#sources[slot]!, this.#starts[slot]!, this.#ends[slot]!)
    }
    const shown = value.kind === 'string' ? JSON.stringify(value.value) : value.text
    throw filterProblem(place, `A field takes a list of values, not ${shown}`, `Write [${shown}]`)
  }

  #slot(name: string): number {
    const known = this.names.indexOf(name)
    if (known >= 0) return known
    this.names.push(name)
    this.#nameBytes.push(Buffer.from(name))
    this.#sources.push(none)
    this.#starts.push(-1)
    this.#ends.push(-1)
    return this.names.length - 1
  }
}

function isName(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false
  return true
}
