/**
 * Regular expressions for other languages than SQL, in time linear in the text: Java's notation with named groups, and with flags.
 * Refused, as everywhere here: back references, look-around, possessive quantifiers, \p{..}.
 */
import { foldCase } from './fold-case.ts'
import { parseJavaPattern } from './parse-java.ts'
import { type Match, RegexProgram, type StepMeter } from './program.ts'

export interface LinearRegexFlags {
  readonly ignoreCase: boolean
  /** White space and comments from # on stand for nothing. */
  readonly extended: boolean
  /** '.' matches the end of a line as well. */
  readonly dotAll: boolean
}

export interface LinearRegex {
  /** Names of groups by their number, from 1. */
  readonly names: ReadonlyMap<number, string>
  /** Start and end of each group in UTF-16 units, from group 0 on; -1 where a group took no part. */
  exec(text: string, from: number, meter: StepMeter): Match | undefined
}

const newline = [0x0a, 0x0a]

/** Throws PatternError, whose message says what is wrong, and where. */
export function compileLinearRegex(pattern: string, flags: LinearRegexFlags): LinearRegex {
  const names = new Map<number, string>()
  const text = flags.extended ? withoutSpace(pattern) : pattern
  const node = parseJavaPattern(text, { groupNames: names, dotExcludes: flags.dotAll ? [] : newline })
  const program = new RegexProgram(pattern, flags.ignoreCase ? foldCase(node) : node)
  return { names, exec: (input, from, meter) => program.exec(input, from, meter) }
}

/** Space inside of a class and after a backslash stays. */
function withoutSpace(pattern: string): string {
  let out = ''
  let inClass = false
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (character === '\\') {
      out += character + pattern.charAt(++at)
      continue
    }
    if (character === '[') inClass = true
    else if (character === ']') inClass = false
    else if (!inClass && /\s/.test(character)) continue
    else if (!inClass && character === '#') {
      const end = pattern.indexOf('\n', at)
      at = end < 0 ? pattern.length : end
      continue
    }
    out += character
  }
  return out
}
