/**
 * Functions of regular expressions. They run in time linear in the text, so look-around and back references are refused;
 * `$` is the end of the text alone; \d, \w and \s are ASCII. Compiled expressions are kept, since most are constant.
 */
import { compileLinearRegex, type LinearRegex, PatternError } from '@millrace/sql'
import { JqFailure, JqLimit, shown } from '../jq-error.ts'
import { emptyObject, isArray, type Json, typeName } from '../jq-value.ts'
import type { Machine, NativeFunction } from '../machine.ts'

const cacheMax = 500
const cache = new Map<string, LinearRegex>()

export const regexFunctions: Readonly<Record<string, NativeFunction>> = {
  /** All matches with flag g, else the first one, as jq describes matches. */
  '_match/2': (input, [pattern = null, flags = null], machine) => {
    const { regex, isGlobal, noEmpty, text } = prepare(input, pattern, flags)
    return matchesOf(regex, text, { isGlobal, noEmpty }, machine).map((match) => describe(match, text, regex))
  },
  '_test/2': (input, [pattern = null, flags = null], machine) => {
    const { regex, noEmpty, text } = prepare(input, pattern, flags)
    return matchesOf(regex, text, { isGlobal: false, noEmpty }, machine).length > 0
  },
  '_split/2': (input, [pattern = null, flags = null], machine) => {
    const { regex, noEmpty, text } = prepare(input, pattern, flags)
    const parts: string[] = []
    let from = 0
    for (const match of matchesOf(regex, text, { isGlobal: true, noEmpty }, machine)) {
      // A match has the place of the whole.
      parts.push(text.slice(from, match[0]!))
      from = match[1]!
    }
    parts.push(text.slice(from))
    return parts
  },
  /** What `match(x)` was given: a pattern, or an array of pattern and flags. */
  '_match_arguments/1': (_input, [value = null]) => {
    if (typeof value === 'string') return [value, null]
    if (isArray(value) && value.length > 0) return [value[0] ?? null, value[1] ?? null]
    throw new JqFailure(`${typeName(value)} not a string or array`)
  },
}

interface Prepared {
  readonly regex: LinearRegex
  readonly isGlobal: boolean
  readonly noEmpty: boolean
  readonly text: string
}

function prepare(input: Json, pattern: Json, flags: Json): Prepared {
  if (typeof input !== 'string')
    throw new JqFailure(`${shown(input)} cannot be matched, as it is not a string`)
  if (typeof pattern !== 'string')
    throw new JqFailure(`${shown(pattern)} cannot be matched, as it is not a string`)
  if (flags !== null && typeof flags !== 'string') throw new JqFailure(`${shown(flags)} is not a string`)
  const letters = flags ?? ''
  // l (longest) changes nothing for the first match of a linear engine that anybody could rely on; s is the default here.
  if (!/^[gimnpslx]*$/.test(letters)) throw new JqFailure(`${letters} is not a valid modifier string`)
  return {
    regex: regexOf(pattern, letters),
    isGlobal: letters.includes('g'),
    noEmpty: letters.includes('n'),
    text: input,
  }
}

function regexOf(pattern: string, letters: string): LinearRegex {
  const flags = {
    ignoreCase: letters.includes('i'),
    extended: letters.includes('x'),
    dotAll: letters.includes('p'),
  }
  const key = `${Number(flags.ignoreCase)}${Number(flags.extended)}${Number(flags.dotAll)}${pattern}`
  let regex = cache.get(key)
  if (regex === undefined) {
    try {
      regex = compileLinearRegex(pattern, flags)
    } catch (error) {
      if (error instanceof PatternError) throw new JqFailure(`Regex failure: ${error.message}`)
      throw error
    }
    if (cache.size >= cacheMax) cache.clear()
    cache.set(key, regex)
  }
  return regex
}

export type Match = readonly number[]

/** For `sub`: the matches with what they captured, and where they stand in UTF-16 units. */
export function replacements(
  input: Json,
  pattern: Json,
  flags: Json,
  machine: Machine,
): { text: string; matches: { start: number; end: number; captures: Json }[] } {
  const { regex, isGlobal, noEmpty, text } = prepare(input, pattern, flags)
  const matches = matchesOf(regex, text, { isGlobal, noEmpty }, machine).map((match) => {
    const captures = emptyObject()
    for (const [group, name] of regex.names) {
      // Both are there for each group.
      const [start, end] = [match[group * 2]!, match[group * 2 + 1]!]
      captures[name] = start < 0 ? null : text.slice(start, end)
    }
    return { start: match[0]!, end: match[1]!, captures }
  })
  return { text, matches }
}

function matchesOf(
  regex: LinearRegex,
  text: string,
  { isGlobal, noEmpty }: { isGlobal: boolean; noEmpty: boolean },
  machine: Machine,
): Match[] {
  const found: Match[] = []
  // Behind the last character a match is not looked for again.
  for (let from = 0; from < text.length || from === 0; ) {
    const match = exec(regex, text, from, machine)
    if (match === undefined) break
    // A match has the place of the whole.
    const [start, end] = [match[0]!, match[1]!]
    if (start < end || !noEmpty) found.push(match)
    if (!isGlobal && found.length > 0) break
    from = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1)
  }
  return found
}

/** The steps of the expression count as steps of the query, ten for one. */
function exec(regex: LinearRegex, text: string, from: number, machine: Machine): Match | undefined {
  const given = machine.left * 10
  const meter = { left: given }
  machine.spend(1 + (text.length - from) / 64)
  try {
    return regex.exec(text, from, meter)
  } catch (error) {
    if (meter.left < 0)
      throw new JqLimit(`a regular expression takes too many steps on a text of ${text.length} characters`)
    throw error
  } finally {
    machine.spend(Math.ceil((given - meter.left) / 10) - 1)
  }
}

function describe(match: Match, text: string, regex: LinearRegex): Json {
  const captures: Json[] = []
  for (let group = 1; group * 2 < match.length; group++) {
    const name = regex.names.get(group) ?? null
    // Both are there for each group.
    const [start, end] = [match[group * 2]!, match[group * 2 + 1]!]
    captures.push(
      start < 0 ? { offset: -1, length: 0, string: null, name } : { ...place(text, start, end), name },
    )
  }
  // A match has the place of the whole.
  return { ...place(text, match[0]!, match[1]!), captures }
}

/** Counted in characters, as jq does. */
function place(text: string, start: number, end: number): { offset: number; length: number; string: string } {
  const string = text.slice(start, end)
  return { offset: countCharacters(text.slice(0, start)), length: countCharacters(string), string }
}

function countCharacters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
