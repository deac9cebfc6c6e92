/** The format json: a record is an object, an array of objects, or several documents one after the other. */
import type { Field } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import type { Row } from '../row.ts'
import {
  type DecodeProblem,
  type Decoder,
  type Encoder,
  FormatError,
  type FormatOptions,
} from './format-contract.ts'
import {
  type FromJson,
  fromJson,
  JsonValueError,
  LongNumber,
  type TimestampStandard,
  toJson,
} from './json-value.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

export function jsonDecoder(fields: readonly Field[], options: FormatOptions): Decoder {
  timestampStandard('json', options)
  const read = objectReader(fields, { failOnMissing: flag('json', options, 'fail-on-missing-field') })
  const ignores = flag('json', options, 'ignore-parse-errors')
  return {
    decode(bytes, emit) {
      const problem = readDocuments(bytes, (documents) => {
        const rows = documents.map(read)
        for (const row of rows) emit(row, 0)
      })
      return ignores ? undefined : problem
    },
  }
}

export function jsonEncoder(fields: readonly Field[], options: FormatOptions): Encoder {
  const timestamps = timestampStandard('json', options)
  const leavesNulls = flag('json', options, 'encode.ignore-null-fields')
  const names = fields.map(({ name }) => JSON.stringify(name))
  return {
    takesChanges: false,
    encode(values) {
      const parts: string[] = []
      for (let i = 0; i < fields.length; i++) {
        const value = values[i]!
        if (value === null && leavesNulls) continue
        parts.push(`${names[i]}:${toJson(value, fields[i]!.type, { timestamps })}`)
      }
      return encoder.encode(`{${parts.join(',')}}`)
    },
  }
}

/** Reads an object into the values of the fields. Throws JsonValueError. */
export function objectReader(
  fields: readonly Field[],
  { failOnMissing }: { readonly failOnMissing: boolean },
): (document: unknown) => Row {
  const names = fields.map(({ name }) => name)
  const readers: FromJson[] = fields.map(({ type }) => fromJson(type))
  return (document) => {
    if (typeof document !== 'object' || document === null || Array.isArray(document))
      throw new JsonValueError(`${JSON.stringify(document)?.slice(0, 60)} is not an object`)
    const object = document as Record<string, unknown> // Checked above.
    const row = new Array<SqlValue>(names.length)
    for (let i = 0; i < names.length; i++) {
      const value = object[names[i]!]
      if (failOnMissing && value === undefined) throw new JsonValueError(`field "${names[i]}" is missing`)
      try {
        row[i] = readers[i]!(value)
      } catch (error) {
        if (!(error instanceof JsonValueError)) throw error
        throw new JsonValueError(`field "${names[i]}": ${error.message}`)
      }
    }
    return row
  }
}

/** Parses the documents of a record and hands them over. */
export function readDocuments(
  bytes: Uint8Array,
  use: (documents: readonly unknown[]) => void,
): DecodeProblem | undefined {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { name: 'ParseError', message: 'the record is not JSON: it is not text in UTF-8' }
  }
  try {
    return useDocuments(text, use)
  } catch (error) {
    if (!(error instanceof LongNumber)) throw error
    return useDocuments(withLongNumbersAsText(text), use)
  }
}

/** Throws LongNumber where a number has lost digits that matter; nothing has been handed over then. */
function useDocuments(text: string, use: (documents: readonly unknown[]) => void): DecodeProblem | undefined {
  let documents: readonly unknown[]
  try {
    documents = parseDocuments(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { name: 'ParseError', message: `the record is not JSON: ${reason}` }
  }
  try {
    use(documents)
    return undefined
  } catch (error) {
    if (!(error instanceof JsonValueError)) throw error
    return { name: 'CoercionError', message: error.message }
  }
}

/** JSON.parse rounds numbers to 53 bits; the readers of numbers take text as well. */
function withLongNumbersAsText(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{14,}|-?\d+(?:\.\d+)?[eE]\+?\d+/g, (part) =>
    part.startsWith('"') ? part : `"${part}"`,
  )
}

/** One document almost always; lines of documents otherwise. */
function parseDocuments(text: string): readonly unknown[] {
  let first: unknown
  try {
    first = JSON.parse(text)
  } catch (error) {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    if (lines.length < 2) throw error
    return lines.flatMap((line) => parseDocuments(line))
  }
  return Array.isArray(first) ? first : [first]
}

export function flag(format: string, options: FormatOptions, name: string): boolean {
  const value = options[name]?.toLowerCase() ?? 'false'
  if (value !== 'true' && value !== 'false')
    throw new FormatError(`'${format}.${name}' is '${options[name]}'. Allowed: 'true', 'false'.`)
  return value === 'true'
}

export function timestampStandard(format: string, options: FormatOptions): TimestampStandard {
  const value = options['timestamp-format.standard'] ?? 'SQL'
  if (value !== 'SQL' && value !== 'ISO-8601')
    throw new FormatError(`'${format}.timestamp-format.standard' is '${value}'. Allowed: 'SQL', 'ISO-8601'.`)
  return value
}
