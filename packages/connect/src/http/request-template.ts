/**
 * Texts with `{$.path}` in them, filled from the JSON of a record. In a URL a value stands percent-encoded; in a body it stands as its
 * JSON, so that a body of JSON stays one: `{"address":{$.phone}}`.
 */
import type { StreamRecord } from '@millrace/runtime'
import { parseJsonPath } from '@millrace/values'
import { parseSlice, rawText, sliceAt, stringText, typeOf } from '../database/json-slice.ts'
import { Unfit } from '../database/unfit.ts'

export type Fill = (record: StreamRecord) => string

const hole = /\{(\$[^{}]*)\}/g

/** Throws what is wrong with a path in it. `fill` throws Unfit where a record lacks a value. */
export function requestTemplate(text: string, use: 'url' | 'header' | 'body'): Fill {
  const literals: string[] = []
  const paths: { readonly text: string; readonly steps: readonly string[] }[] = []
  let at = 0
  for (const match of text.matchAll(hole)) {
    const { steps, element } = parseJsonPath(match[1]!)
    if (element !== undefined) throw new Error(`${match[1]} cannot take an array apart`)
    literals.push(text.slice(at, match.index))
    paths.push({ text: match[1]!, steps })
    at = match.index + match[0].length
  }
  const end = text.slice(at)
  if (paths.length === 0) return () => text
  return ({ data }) => {
    const document = parseSlice(data)
    let filled = ''
    for (const [i, path] of paths.entries()) {
      const value = sliceAt(document, path.steps)
      if (value === undefined) {
        if (use !== 'body') throw new Unfit(`The record has no ${path.text}, which its ${use} needs.`)
        filled += `${literals[i]}null`
        continue
      }
      const type = typeOf(value)
      if (use === 'body') {
        filled += literals[i] + rawText(value)
        continue
      }
      if (type === 'object' || type === 'array' || type === 'null') {
        throw new Unfit(`${path.text} of the record is ${type}, which cannot stand in its ${use}.`)
      }
      const plain = type === 'string' ? stringText(value) : rawText(value)
      filled += literals[i] + (use === 'url' ? encodeURIComponent(plain) : plain)
    }
    return filled + end
  }
}
