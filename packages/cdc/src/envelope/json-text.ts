/**
 * JSON as text in pieces: strings, names, and objects whose member names were escaped before the first row came. Lone surrogates,
 * which UTF-8 cannot hold, become U+FFFD, so that what is written can be read by strict readers.
 */

// Quotes, backslashes, control characters, and surrogates too, so that the usual text pays for one test only.
const needsCare = /[^ !#-[\]-\ud7ff\ue000-\uffff]/
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** The string literal of a text. */
export function quote(text: string): string {
  return needsCare.test(text) ? JSON.stringify(text.replace(loneSurrogate, '\ufffd')) : `"${text}"`
}

/** Digits of a number as they are; NaN and the infinities, which JSON has no numbers for, as strings. */
export function numberOrQuoted(text: string): string {
  const last = text.charCodeAt(text.length - 1)
  return last >= 48 && last <= 57 ? text : `"${text}"`
}

/**
 * `YYYY-MM-DD HH:MM:SS[.f]` as ISO with a Z, in quotes. Texts that are no time of the calendar (`infinity`, years before Christ) stay
 * as they are.
 */
export function quotedIso(text: string): string {
  const space = text.indexOf(' ')
  // MySQL's zero is no point in time.
  const isPoint = space >= 0 && !text.endsWith('C') && !text.startsWith('0000-00-00')
  return isPoint ? `"${text.slice(0, space)}T${text.slice(space + 1)}Z"` : quote(text)
}

const needsRewrite = /[\n\r\t]|[\ud800-\udfff]|\\u[dD][89abAB]/
const stringOrSpace = /"(?:[^"\\]|\\.)*"|\s+/gs
const surrogateEscapes =
  /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\./gs

/**
 * JSON text of a database as a value inside of a record, digit for digit: on one line, and without halves of surrogate pairs (which
 * Postgres' `json` may hold as escapes). Text that is no JSON at all becomes a string.
 */
export function embedJson(text: string): string {
  if (!isJson(text)) return quote(text)
  if (!needsRewrite.test(text)) return text
  return text
    .replace(loneSurrogate, '\ufffd')
    .replace(stringOrSpace, (part) =>
      part.startsWith('"')
        ? part.replace(surrogateEscapes, (sequence) => (sequence.length === 6 ? '\ufffd' : sequence))
        : '',
    )
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** How an object stands in the text: on one line, or indented by tabs as DMS does. */
export interface Layout {
  /** Before the first member, and between two. */
  readonly open: string
  readonly comma: string
  readonly colon: string
  readonly close: string
}

export function layoutOf(isIndented: boolean, depth: number): Layout {
  if (!isIndented) return { open: '{', comma: ',', colon: ':', close: '}' }
  const line = `\n${'\t'.repeat(depth)}`
  return { open: `{${line}`, comma: `,${line}`, colon: ':\t', close: `${line.slice(0, -1)}}` }
}

/** A JSON value of any depth as text in a layout; `leaf` writes what is neither object nor array. */
export function writeTree(
  value: unknown,
  isIndented: boolean,
  depth: number,
  leaf: (value: unknown) => string,
): string {
  if (Array.isArray(value))
    return `[${value.map((item) => writeTree(item, isIndented, depth, leaf)).join(isIndented ? ', ' : ',')}]`
  if (typeof value !== 'object' || value === null) return leaf(value)
  const { open, comma, colon, close } = layoutOf(isIndented, depth)
  const members = Object.entries(value)
  if (members.length === 0) return '{}'
  return `${open}${members
    .map(([name, member]) => `${quote(name)}${colon}${writeTree(member, isIndented, depth + 1, leaf)}`)
    .join(comma)}${close}`
}
