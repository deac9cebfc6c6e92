/**
 * The jq language as deliveries use it: version 1.6 with everything but modules, streaming forms and the world outside of one
 * record. A query is compiled once and run for each record; steps and depth are limited, so that no query hangs.
 *
 * Known differences from jq 1.6: errors behind a `try` are not caught by it, limit(0; f) gives nothing, any(f) and all(f) go by every
 * result of their condition, regular expressions have no look-around or back references, and keys that are whole numbers come first in
 * an object.
 */
import { Compiler } from './compile.ts'
import { JqFailure, JqLimit } from './jq-error.ts'
import type { Json } from './jq-value.ts'
import { type Filter, Machine, rootEnv } from './machine.ts'
import { parseJq } from './parse.ts'
import type { Node } from './syntax.ts'

export interface JqOptions {
  /** What `now` is, ms since the epoch. */
  readonly now: number
  /** Results that are taken; 1,000 unless given. */
  readonly resultsMax?: number
  /** 1,000,000 unless given: some tens of ms. */
  readonly stepsMax?: number
}

export type JqOutcome =
  | { readonly results: readonly Json[]; readonly problem: undefined }
  /** What was found before the query failed, and why it did. */
  | { readonly results: readonly Json[]; readonly problem: string }

export interface JqQuery {
  readonly text: string
  run(input: Json, options: JqOptions): JqOutcome
}

/** Error: JQ_INVALID, with line and column. */
export function compileJq(text: string): JqQuery {
  return queryOf(text, parseJq(text))
}

export function queryOf(text: string, node: Node): JqQuery {
  const filter = new Compiler(text).compile(node, undefined)
  return { text, run: (input, options) => runFilter(filter, input, options) }
}

function runFilter(filter: Filter, input: Json, options: JqOptions): JqOutcome {
  const { now, resultsMax = 1000, stepsMax = 1_000_000 } = options
  const results: Json[] = []
  try {
    filter.run(input, rootEnv, new Machine({ now, stepsMax }), (value) => {
      if (results.length >= resultsMax) throw new JqLimit(`the query has more than ${resultsMax} results`)
      results.push(value)
    })
    return { results, problem: undefined }
  } catch (error) {
    if (error instanceof JqFailure || error instanceof JqLimit) return { results, problem: error.message }
    // The stack of JavaScript is what limits recursion, and its longest text that of texts.
    if (error instanceof RangeError)
      return { results, problem: `the query nests too deep or grows too large: ${error.message}` }
    throw error
  }
}
