/**
 * SQL/JSON paths, the part that names places:
 *
 *   path = [ lax | strict ] '$' step*
 *   step = '.' key | '.' '*' | '[' index ( ',' index )* ']' | '[' '*' ']' | '[' quoted key ']' | '.' '[' ... ']'
 *   key  = letters, digits, _ or a text in double quotes      index = number | last [ '-' number ] | index to index
 *
 * Without a mode a path is strict. In strict mode a step that finds nothing, or meets a value of another kind, is an error;
 * in lax mode it gives nothing. As in Flink, lax does not take arrays apart on its own. A path with '*' or several indexes
 * gives an array of all that it finds. Filters and methods are refused.
 */
import type { Json } from './json-value.ts'

export interface JsonPath {
  readonly lax: boolean
  readonly steps: readonly Step[]
  /** Whether the path can give several values, and so gives an array. */
  readonly many: boolean
}
type Step =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'members' }
  | { readonly kind: 'elements' }
  | { readonly kind: 'indexes'; readonly ranges: readonly (readonly [Index, Index])[] }
interface Index {
  readonly fromEnd: boolean
  readonly offset: number
}

/** The path, or what is wrong with it. */
export function parseJsonPath(text: string): JsonPath | string {
  const [, mode, body = ''] = /^\s*(?:(lax|strict)\s+)?(.*?)\s*$/is.exec(text)!
  const reader = new PathReader(text, body)
  const steps = reader.steps()
  if (typeof steps === 'string') return steps
  const many = steps.some(
    (step) =>
      step.kind === 'members' ||
      step.kind === 'elements' ||
      (step.kind === 'indexes' && (step.ranges.length > 1 || step.ranges.some(([from, to]) => from !== to))),
  )
  return { lax: mode?.toLowerCase() === 'lax', steps, many }
}

class PathReader {
  readonly #whole: string
  readonly #text: string
  #at = 0

  constructor(whole: string, text: string) {
    this.#whole = whole
    this.#text = text
  }

  steps(): Step[] | string {
    if (!this.#skip('$')) return this.#problem("begins with '$', or with lax or strict before it")
    const steps: Step[] = []
    while (this.#at < this.#text.length) {
      const step = this.#step()
      if (typeof step === 'string') return step
      steps.push(step)
    }
    return steps
  }

  #step(): Step | string {
    if (this.#skip('.')) {
      if (this.#skip('*')) return { kind: 'members' }
      if (this.#skip('[')) return this.#bracket()
      const key = this.#match(/[\p{L}\p{N}_$-]+/uy) ?? this.#quoted()
      if (key === undefined) return this.#problem("needs a key behind '.'")
      if (this.#text[this.#at] === '(') return this.#problem('has a method, which is not supported')
      return { kind: 'key', key }
    }
    if (this.#skip('[')) return this.#bracket()
    if (this.#match(/\s*\?/y) !== undefined) return this.#problem('has a filter, which is not supported')
    return this.#problem(`cannot be read from '${this.#text.slice(this.#at, this.#at + 20)}' on`)
  }

  #bracket(): Step | string {
    const key = this.#quoted()
    if (key !== undefined) return this.#close({ kind: 'key', key })
    if (this.#skip('*')) return this.#close({ kind: 'elements' })
    if (this.#skip('?')) return this.#problem('has a filter, which is not supported')
    const ranges: (readonly [Index, Index])[] = []
    do {
      const from = this.#index()
      const to = from !== undefined && this.#match(/\s*to\b/iy) !== undefined ? this.#index() : from
      if (from === undefined || to === undefined) return this.#problem("needs a number, last or '*' in [ ]")
      ranges.push([from, to])
    } while (this.#skip(','))
    return this.#close({ kind: 'indexes', ranges })
  }

  #close(step: Step): Step | string {
    return this.#skip(']') ? step : this.#problem("lacks a ']'")
  }

  #index(): Index | undefined {
    const number = this.#match(/\s*-?\d{1,9}/y)
    if (number !== undefined) {
      const value = Number(number)
      return value < 0 ? { fromEnd: true, offset: value + 1 } : { fromEnd: false, offset: value }
    }
    if (this.#match(/\s*last\b/iy) === undefined) return undefined
    const back = this.#match(/\s*-\s*\d{1,9}/y)
    return { fromEnd: true, offset: back === undefined ? 0 : -Number(back.replace(/[\s-]/g, '')) }
  }

  #quoted(): string | undefined {
    const text = this.#match(/\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/sy)?.trim()
    return text?.slice(1, -1).replace(/\\(.)/gs, '$1')
  }

  #skip(sign: string): boolean {
    while (this.#text[this.#at] === ' ') this.#at++
    if (!this.#text.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    return true
  }

  #match(form: RegExp): string | undefined {
    form.lastIndex = this.#at
    const match = form.exec(this.#text)
    if (match === null) return undefined
    this.#at = form.lastIndex
    return match[0]
  }

  #problem(what: string): string {
    return `the JSON path '${this.#whole.slice(0, 80)}' ${what}`
  }
}

/** What the path finds: undefined for nothing (lax), 'error' for a step that does not fit (strict). */
export function findJson(path: JsonPath, root: Json): { readonly value: Json | undefined } | 'error' {
  let found: Json[] = [root]
  let many = false
  for (const step of path.steps) {
    const next: Json[] = []
    for (const value of found) {
      const parts = follow(step, value)
      // Behind a step to many, values that lack the next one are left out in either mode.
      if (parts === undefined && !path.lax && !many) return 'error'
      if (parts !== undefined) next.push(...parts)
    }
    many ||= step.kind === 'members' || step.kind === 'elements'
    found = next
  }
  if (path.many) return { value: found }
  return { value: found[0] }
}

function follow(step: Step, value: Json): readonly Json[] | undefined {
  switch (step.kind) {
    case 'key': {
      const member = value instanceof Map ? (value as ReadonlyMap<string, Json>).get(step.key) : undefined
      return member === undefined ? undefined : [member]
    }
    case 'members':
      if (value instanceof Map) return [...(value as ReadonlyMap<string, Json>).values()]
      return Array.isArray(value) ? (value as readonly Json[]) : undefined
    case 'elements':
      if (value instanceof Map) return [...(value as ReadonlyMap<string, Json>).values()]
      return Array.isArray(value) ? (value as readonly Json[]) : undefined
    case 'indexes': {
      if (!Array.isArray(value)) return undefined
      const elements = value as readonly Json[] // As Array.isArray says; it loses the element type.
      const place = (index: Index) => (index.fromEnd ? elements.length - 1 + index.offset : index.offset)
      const parts: Json[] = []
      for (const [from, to] of step.ranges) {
        for (let i = place(from); i <= place(to); i++) {
          const element = elements[i]
          if (element === undefined) return undefined
          parts.push(element)
        }
      }
      return parts
    }
  }
}
