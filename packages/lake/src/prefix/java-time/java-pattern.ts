/**
 * Patterns of java.time's DateTimeFormatter, compiled once to writers, English (en-US: weeks begin on Sunday). Letters are
 * fields, text in single quotes is itself, '' is a quote, other characters are themselves; [ and ] may enclose a part, which changes
 * nothing in printing; { } # are refused, as Java does.
 *
 * Not here: letters that Java knows beside those of `fieldLetters` (c F g N B p v), and reading.
 */
import type { Zone } from '@millrace/values'
import { type FieldWriter, fieldLetters, fieldWriter } from './fields.ts'
import { momentAt } from './moment.ts'

export interface JavaPattern {
  readonly text: string
  /** `instant`: ms. */
  format(instant: number, zone: Zone): string
  /** Letters of its fields, each once. */
  readonly letters: string
}

export interface PatternProblem {
  readonly problem: string
  /** Index into the pattern. */
  readonly at: number
}

export function compileJavaPattern(pattern: string): JavaPattern | PatternProblem {
  const writers: FieldWriter[] = []
  const letters = new Set<string>()
  let literal = ''
  let open = 0
  const endLiteral = () => {
    const text = literal
    if (text !== '') writers.push(() => text)
    literal = ''
  }
  for (let at = 0; at < pattern.length; ) {
    // Below the length.
    const character = pattern[at]!
    if (character === "'") {
      const quoted = readQuoted(pattern, at)
      if (quoted === undefined)
        return { at, problem: "the quoted text that begins here does not end; write '' for a quote" }
      literal += quoted.text
      at = quoted.end
    } else if (/[a-zA-Z]/.test(character)) {
      let end = at + 1
      while (pattern[end] === character) end++
      const writer = fieldWriter(character, end - at)
      if (writer === undefined)
        return {
          at,
          problem: `${character} is not a letter of a date pattern: use ${fieldLetters}, and put text in single quotes`,
        }
      if (typeof writer === 'string')
        return { at, problem: `${character} ${writer}, but stands ${end - at} times` }
      endLiteral()
      writers.push(writer)
      letters.add(character)
      at = end
    } else if ('{}#'.includes(character)) {
      return { at, problem: `${character} is reserved in date patterns; put it in single quotes` }
    } else {
      if (character === '[') open++
      else if (character === ']') {
        if (open === 0) return { at, problem: '] closes nothing; put it in single quotes' }
        open--
      } else literal += character
      at++
    }
  }
  endLiteral()
  return {
    text: pattern,
    letters: [...letters].join(''),
    format(instant, zone) {
      const moment = momentAt(instant, zone)
      let text = ''
      for (const write of writers) text += write(moment)
      return text
    },
  }
}

/** From a quote on: quoted text in which two quotes are one; without any text it is a quote itself. */
function readQuoted(pattern: string, start: number): { text: string; end: number } | undefined {
  let text = ''
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") text += pattern[at]
    else if (pattern[at + 1] === "'") {
      text += "'"
      at++
    } else return { text: text === '' ? "'" : text, end: at + 1 }
  }
  return undefined
}
