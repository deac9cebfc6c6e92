/**
 * JSON text as values and back, for the JSON functions of the Flink dialect. Numbers keep their digits: an integer its own,
 * a number with a fraction or an exponent those of the nearest double as Java writes it (1.10 is 1.1, 1e2 is 100.0), because
 * Flink reads JSON so. Of two equal keys the later value counts, in the place of the first. Writing is compact.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { numberOf, textOf } from '../argument-values.ts'
import { dayMs, timeText } from '../civil-time.ts'
import { localTime } from '../zone.ts'
import { javaDoubleText } from './java-number.ts'
import { arrayOf, mapOf } from './nested-values.ts'
import { precisionOf } from './types.ts'
import { bytesOf, flinkText, flinkTimestampText } from './value-text.ts'

export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}
export type Json = null | boolean | string | JsonNumber | readonly Json[] | ReadonlyMap<string, Json>

/** Values inside values deeper than this are refused. */
const depthMax = 200

/** The value of a JSON text, undefined if it is none. */
export function parseJson(text: string): Json | undefined {
  const reader = new JsonReader(text)
  try {
    return reader.whole()
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
}

class NotJson extends Error {}

class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Json {
    const value = this.#value(0)
    this.#space()
    if (this.#at < this.#text.length) throw new NotJson()
    return value
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? '-')) this.#at++
  }

  #skip(sign: string): boolean {
    this.#space()
    if (!this.#text.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    return true
  }

  #value(depth: number): Json {
    if (depth > depthMax) throw new NotJson()
    if (this.#skip('{')) return this.#object(depth)
    if (this.#skip('[')) return this.#array(depth)
    if (this.#skip('"')) return this.#string()
    if (this.#skip('true')) return true
    if (this.#skip('false')) return false
    if (this.#skip('null')) return null
    return this.#number()
  }

  #object(depth: number): Json {
    const map = new Map<string, Json>()
    if (this.#skip('}')) return map
    do {
      if (!this.#skip('"')) throw new NotJson()
      const key = this.#string()
      if (!this.#skip(':')) throw new NotJson()
      map.set(key, this.#value(depth + 1))
    } while (this.#skip(','))
    if (!this.#skip('}')) throw new NotJson()
    return map
  }

  #array(depth: number): Json {
    const items: Json[] = []
    if (this.#skip(']')) return items
    do items.push(this.#value(depth + 1))
    while (this.#skip(','))
    if (!this.#skip(']')) throw new NotJson()
    return items
  }

  /** Behind the opening quote. */
  #string(): string {
    const start = this.#at
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (Number.isNaN(code) || code < 0x20) throw new NotJson()
      if (code === 0x22) break
      this.#at += code === 0x5c ? 2 : 1
    }
    const raw = this.#text.slice(start, this.#at++)
    if (!raw.includes('\\')) return raw
    if (!/^(?:[^\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*$/s.test(raw)) throw new NotJson()
    return raw.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, escaped: string) =>
      escaped.length > 1 ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16)) : unescaped(escaped),
    )
  }

  #number(): Json {
    const form = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
    form.lastIndex = this.#at
    const match = form.exec(this.#text)
    if (match === null) throw new NotJson()
    this.#at = form.lastIndex
    const [text, fraction, exponent] = match
    if (fraction === undefined && exponent === undefined) return new JsonNumber(text === '-0' ? '0' : text)
    return new JsonNumber(javaDoubleText(Number(text)))
  }
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

function unescaped(character: string): string {
  return escapes[character] ?? character
}

export function jsonText(value: Json): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quoted(value)
  if (value instanceof JsonNumber) return value.text
  if (value instanceof Map) {
    const members = [...(value as ReadonlyMap<string, Json>)] // Maps among Json are from text to Json.
    return `{${members.map(([key, member]) => `${quoted(key)}:${jsonText(member)}`).join(',')}}`
  }
  return `[${(value as readonly Json[]).map(jsonText).join(',')}]` // Nothing but an array is left.
}

/** A JSON string with the escapes that JSON needs and no others; half a surrogate pair is escaped, as it is no text of its own. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}

/** An SQL value as JSON text. Text that JSON constructors made is taken in as it is. */
export function valueJson(value: SqlValue, type: SqlType, zone: string): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'BOOLEAN':
      return String(value)
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'DECIMAL':
      return flinkText(value, type, zone)
    case 'REAL':
    case 'DOUBLE':
      return Number.isFinite(numberOf(value))
        ? flinkText(value, type, zone)
        : quoted(flinkText(value, type, zone))
    case 'VARCHAR':
      return type.json === true ? textOf(value) : quoted(textOf(value))
    case 'BINARY':
    case 'VARBINARY':
      return quoted(Buffer.from(bytesOf(value)).toString('base64'))
    case 'TIMESTAMP':
      return quoted(isoText(numberOf(value), precisionOf(type)))
    case 'TIMESTAMP_LTZ':
      return quoted(`${isoText(localTime(numberOf(value), 'UTC'), precisionOf(type))}Z`)
    case 'TIME':
      return quoted(timeText(numberOf(value) % dayMs))
    case 'ARRAY':
      return `[${arrayOf(value)
        .map((element) => valueJson(element, type.element, zone))
        .join(',')}]`
    case 'ROW':
      return `{${arrayOf(value)
        .map((field, i) => `${quoted(type.fields[i]!.name)}:${valueJson(field, type.fields[i]!.type, zone)}`)
        .join(',')}}`
    case 'MAP':
    case 'MULTISET': {
      const [key, element]: [SqlType, SqlType] =
        type.kind === 'MAP' ? [type.key, type.value] : [type.element, { kind: 'INTEGER' }]
      const members = [...mapOf(value)].map(
        ([k, v]) => `${quoted(flinkText(k, key, zone))}:${valueJson(v, element, zone)}`,
      )
      return `{${members.join(',')}}`
    }
    default:
      return quoted(flinkText(value, type, zone))
  }
}

/** ISO 8601 with the digits of the second that are not zero. */
function isoText(ms: number, precision: number): string {
  const text = flinkTimestampText(ms, Math.min(precision, 3)).replace(' ', 'T')
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
