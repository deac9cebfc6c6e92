/**
 * The log parsers (spec 2.15) as formats: what a line is taken apart by. The binder makes a format out of a call, a format
 * travels in the plan as JSON text, and `logReader` turns it into a function from a line to its fields.
 */
import { parseJavaPattern } from '../regex/parse-java.ts'
import { RegexProgram } from '../regex/program.ts'
import { type FastFormat, fastReader } from './fast-format.ts'
import { escaped } from './pattern-text.ts'

export type LogFormat =
  /** Groups of a regular expression over the whole line. `strict`: a line that does not match has no row. */
  | { readonly kind: 'regex'; readonly pattern: string; readonly strict: boolean }
  | FastFormat
  | {
      readonly kind: 'split'
      readonly delimiter: string
      readonly escape: string
      readonly quote: string
      readonly columns: number
    }
  /** Positions from 0, in characters; length undefined: up to the next column, or to the end. */
  | {
      readonly kind: 'fixed'
      readonly columns: readonly { readonly start: number; readonly length: number | undefined }[]
    }

/** Fields in order; null where there is none. Undefined: the line does not have the format. */
export type LogReader = (line: string) => readonly (string | null)[] | undefined

export function logReader(format: LogFormat): LogReader {
  switch (format.kind) {
    case 'regex':
      return regexReader(format.pattern)
    case 'fast':
      return fastReader(format)
    case 'split':
      return (line) => splitLine(line, format)
    case 'fixed':
      return (line) => {
        const characters = [...line]
        return format.columns.map(({ start, length }) =>
          start >= characters.length
            ? null
            : characters.slice(start, length === undefined ? undefined : start + length).join(''),
        )
      }
  }
}

/** Throws PatternError for a pattern that cannot be used. */
export function compileWhole(pattern: string): RegexProgram {
  return new RegexProgram(pattern, parseJavaPattern(`^(?:${pattern})$`))
}

function regexReader(pattern: string): LogReader {
  const program = compileWhole(pattern)
  return (line) => {
    const match = program.exec(line)
    if (match === undefined) return undefined
    const fields: (string | null)[] = []
    for (let i = 2; i < match.length; i += 2)
      fields.push(match[i]! < 0 ? null : line.slice(match[i], match[i + 1]))
    return fields
  }
}

function splitLine(line: string, format: Extract<LogFormat, { kind: 'split' }>): (string | null)[] {
  const { delimiter, escape: escaping, quote, columns } = format
  const fields: string[] = []
  // One character begins and ends quoted text, or the first begins and the second ends it.
  const [begin = '', end = begin] = quote
  let field = ''
  let inQuotes = false
  for (let at = 0; at < line.length; ) {
    if (escaping !== '' && line.startsWith(escaping, at) && at + escaping.length < line.length) {
      const character = String.fromCodePoint(line.codePointAt(at + escaping.length)!)
      field += character
      at += escaping.length + character.length
    } else if (begin !== '' && line.startsWith(inQuotes ? end : begin, at)) {
      inQuotes = !inQuotes
      at += begin.length
    } else if (!inQuotes && line.startsWith(delimiter, at)) {
      fields.push(field)
      field = ''
      at += delimiter.length
    } else field += line[at++]!
  }
  fields.push(field)
  return Array.from({ length: columns }, (_, i) => fields[i] ?? null)
}

const quoted = '"((?:[^"\\\\]|\\\\.)*)"'
const word = '(\\S+)'
const time = '(\\[[^\\]]*\\])'

const named: Readonly<Record<string, string>> = {
  COMMON: '%h %l %u %t "%r" %>s %b',
  'COMMON WITH VHOST': '%v %h %l %u %t "%r" %>s %b',
  'NCSA EXTENDED': '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"',
  REFERER: '%{Referer}i ---> %U',
  AGENT: '%{User-agent}i',
}

/** Date, time and the 12 default fields of the extended log of IIS 6 and later. */
const iisColumns = 14

export const logFormatNames: readonly string[] = [...Object.keys(named), 'IIS']

/** The pattern of a log of web servers: a name above, or a format as Apache writes it, one group for each specifier. */
export function webLogPattern(format: string): string {
  const name = format.trim().toUpperCase().replaceAll(/\s+/g, ' ')
  if (name === 'IIS') return Array.from({ length: iisColumns }, () => word).join(' ')
  const text = named[name] ?? format
  let pattern = ''
  for (let at = 0; at < text.length; ) {
    const specifier = /^"?%[!<>\d,]*(?:[{[][^}\]]*[}\]])?[<>]?([A-Za-z])"?/.exec(text.slice(at))
    if (specifier === null || (text[at] !== '%' && text[at] !== '"')) {
      // White space may be of any length; other signs stand for themselves.
      const isSpace = /\s/.test(text[at]!)
      if (isSpace) while (/\s/.test(text[at + 1] ?? '')) at++
      pattern += isSpace ? '\\s+' : escaped(text[at]!)
      at++
      continue
    }
    const [whole, letter] = specifier
    const isQuoted = whole.startsWith('"') && whole.endsWith('"')
    if (whole.startsWith('"') && !isQuoted) {
      pattern += '"'
      at++
      continue
    }
    const used = isQuoted || !whole.endsWith('"') ? whole : whole.slice(0, -1)
    at += used.length
    const isLast = at >= text.length
    pattern += isQuoted ? quoted : letter === 't' ? time : isLast && letter === 'i' ? '(.*)' : word
  }
  return pattern
}
