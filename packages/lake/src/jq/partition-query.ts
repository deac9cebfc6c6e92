/**
 * Queries of dynamic partitioning: one object query for all keys, as Firehose has it, or one query for each key. What comes out becomes
 * part of an object's key, so it must be one text, number or boolean.
 */
import { LakeError } from '../errors.ts'
import { compileJq, type JqQuery } from './jq.ts'
import { isObject, type Json, numberText } from './jq-value.ts'
import { parseJq } from './parse.ts'
import type { Node } from './syntax.ts'
import { syntaxError } from './syntax-error.ts'

/** Length of the name of a key. */
const keyMax = 128

/** Error: JQ_INVALID. The keys of `{customer: .customer_id, year: (.ts|strftime("%Y"))}` and the query of each. */
export function splitPartitionQuery(text: string): Record<string, string> {
  const top = parseJq(text)
  const object = resultObject(top)
  if (object === undefined) {
    throw syntaxError(
      text,
      0,
      'a query of partition keys ends in an object',
      'Write it like {customer: .customer_id}.',
    )
  }
  if (object.entries.length === 0) throw syntaxError(text, 0, 'the object has no keys')
  const queries: Record<string, string> = {}
  for (const { key, value, from, to } of object.entries) {
    if (key.kind !== 'literal' || typeof key.value !== 'string') {
      throw syntaxError(text, from, 'the names of partition keys are written out, not computed')
    }
    const name = key.value
    if (name === '' || name.length > keyMax || /[}\p{Cc}]/u.test(name)) {
      throw syntaxError(text, from, `the name of a partition key has 1 to ${keyMax} characters, and no }`)
    }
    if (Object.hasOwn(queries, name)) throw syntaxError(text, from, `the key ${name} is there twice`)
    const member = /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `.[${JSON.stringify(name)}]`
    const isShort = value.kind === 'index' && value.key === key
    // What stands around the object (definitions, variables) stands around each value too.
    if (top !== object) queries[name] = `(${text}\n) | ${member}`
    else queries[name] = isShort ? member : text.slice(from, to)
  }
  return queries
}

/** The object that a query ends in, whatever it defines, binds or pipes before. */
function resultObject(node: Node): (Node & { kind: 'object' }) | undefined {
  switch (node.kind) {
    case 'object':
      return node
    case 'pipe':
      return resultObject(node.right)
    case 'bind':
      return resultObject(node.body)
    case 'define':
      return resultObject(node.rest)
  }
  return undefined
}

export interface PartitionQueries {
  readonly keys: readonly string[]
  extract(record: Json, now: number): PartitionValues
}

export type PartitionValues =
  | { readonly values: Readonly<Record<string, string>>; readonly problem: undefined }
  | { readonly values: undefined; readonly problem: string }

/** Error: JQ_INVALID, which names the key. */
export function compilePartitionQueries(queries: Readonly<Record<string, string>>): PartitionQueries {
  const compiled = Object.entries(queries).map(([key, text]) => ({ key, query: compileFor(key, text) }))
  return {
    keys: compiled.map(({ key }) => key),
    extract(record, now) {
      const values: Record<string, string> = {}
      for (const { key, query } of compiled) {
        const { results, problem } = query.run(record, { now, resultsMax: 2 })
        if (problem !== undefined) return failure(key, problem)
        if (results.length !== 1) {
          return failure(
            key,
            results.length === 0 ? 'the query has no result' : 'the query has several results',
          )
        }
        const text = valueText(results[0] ?? null)
        if (text === undefined)
          return failure(
            key,
            `the result is ${describe(results[0] ?? null)}, and not a text, number or boolean`,
          )
        values[key] = text
      }
      return { values, problem: undefined }
    },
  }
}

function compileFor(key: string, text: string): JqQuery {
  try {
    return compileJq(text)
  } catch (error) {
    if (!(error instanceof LakeError)) throw error
    throw new LakeError('JQ_INVALID', `partition key "${key}": ${error.message.replace(/^JQ_INVALID /, '')}`)
  }
}

function failure(key: string, problem: string): PartitionValues {
  return { values: undefined, problem: `partition key "${key}": ${problem}` }
}

function valueText(value: Json): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : numberText(value)
  return typeof value === 'boolean' ? String(value) : undefined
}

function describe(value: Json): string {
  return value === null ? 'null' : isObject(value) ? 'an object' : Array.isArray(value) ? 'an array' : 'nan'
}
