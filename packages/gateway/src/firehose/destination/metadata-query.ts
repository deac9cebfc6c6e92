/**
 * The query of MetadataExtraction, `{customer: .customer_id, day: .at | strftime("%d")}`: an object of jq whose keys are names of
 * partition keys. Here it is cut into one query for each key; what the queries mean is for the language to say.
 *
 * Keys are names or texts in quotes, and `{a}` stands for `{a: .a}`, as in jq. A comma inside of brackets or texts does not end a
 * value; brackets within a text's interpolation belong to the text.
 */
import { invalidArgument } from '../faults.ts'

const nameAt = /[A-Za-z_][A-Za-z0-9_]*/y
const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Error: InvalidArgumentException. */
export function parseMetadataQuery(text: string): Readonly<Record<string, string>> {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) {
    throw invalid(text, 'is not an object', '{key: .path, ...}')
  }
  const queries: Record<string, string> = {}
  const inner = trimmed.slice(1, -1)
  for (const part of splitAtCommas(inner, text)) {
    const [key, query] = readPair(part.trim(), text)
    if (Object.hasOwn(queries, key)) throw invalid(text, `has the key "${key}" twice`, 'each key once')
    queries[key] = query
  }
  return queries
}

function readPair(part: string, text: string): [key: string, query: string] {
  let key: string
  let rest: string
  if (part.startsWith('"')) {
    const end = endOfText(part, 0)
    if (end < 0) throw invalid(text, 'has a text without end', 'a quote at its end')
    const quoted = part.slice(0, end)
    if (quoted.includes('\\')) throw invalid(text, `has the key ${quoted}`, 'keys without escapes')
    key = quoted.slice(1, -1)
    rest = part.slice(end).trim()
  } else {
    nameAt.lastIndex = 0
    const name = nameAt.exec(part)?.[0]
    if (name === undefined) {
      throw invalid(text, part === '' ? 'has an empty entry' : `has the entry "${part}"`, 'key: .path')
    }
    key = name
    rest = part.slice(name.length).trim()
    if (rest === '') return [key, `.${key}`]
  }
  const query = rest.slice(1).trim()
  if (key === '' || !rest.startsWith(':') || query === '') {
    throw invalid(text, `has the entry "${part}"`, 'key: .path')
  }
  return [key, query]
}

function splitAtCommas(inner: string, text: string): string[] {
  const parts: string[] = []
  const open: string[] = []
  let from = 0
  for (let at = 0; at < inner.length; at++) {
    const char = inner[at]!
    if (char === '"') {
      const end = endOfText(inner, at)
      if (end < 0) throw invalid(text, 'has a text without end', 'a quote at its end')
      at = end - 1
    } else if (closing[char] !== undefined) open.push(closing[char])
    else if (char === ')' || char === ']' || char === '}') {
      if (open.pop() !== char) throw invalid(text, `has a "${char}" that nothing opened`, 'brackets in pairs')
    } else if (char === ',' && open.length === 0) {
      parts.push(inner.slice(from, at))
      from = at + 1
    }
  }
  if (open.length > 0) throw invalid(text, `lacks a "${open.at(-1)}"`, 'brackets in pairs')
  parts.push(inner.slice(from))
  return parts
}

/** Behind the closing quote of the text that begins at `at`, or -1. */
function endOfText(text: string, at: number): number {
  let depth = 0
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i]
    if (char === '\\') {
      // `\(` begins an interpolation, whose own brackets and texts come to an end before the text does.
      if (depth === 0 && text[i + 1] === '(') depth = 1
      i++
    } else if (depth > 0) {
      if (char === '(') depth++
      else if (char === ')') depth--
      else if (char === '"') {
        const end = endOfText(text, i)
        if (end < 0) return -1
        i = end - 1
      }
    } else if (char === '"') return i + 1
  }
  return -1
}

function invalid(text: string, what: string, allowed: string) {
  return invalidArgument(
    `MetadataExtractionQuery ${text.slice(0, 200)} ${what}. Allowed: ${allowed}, for example {customer: .customer_id}.`,
  )
}
