/**
 * The format csv (RFC 4180): one row a line, fields in the order of the columns, quoted where they hold the delimiter, a quote
 * or a line end. Empty fields of types other than text are NULL, and every field that equals the null literal.
 */
import { type Field, formatDate, formatDecimal, formatTime } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { type Decoder, type Encoder, FormatError, type FormatOptions } from './format-contract.ts'
import { flag } from './json.ts'
import { fromJson, JsonValueError, timestampText } from './json-value.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

interface CsvStyle {
  readonly delimiter: string
  /** Undefined: nothing is quoted. */
  readonly quote: string | undefined
  readonly nullLiteral: string | undefined
  readonly elementDelimiter: string
}

export function csvDecoder(fields: readonly Field[], options: FormatOptions): Decoder {
  const style = styleOf(options)
  const comments = flag('csv', options, 'allow-comments')
  const ignores = flag('csv', options, 'ignore-parse-errors')
  const readers = fields.map(({ type }) => fromCsv(type, style))
  return {
    decode(bytes, emit) {
      try {
        const lines = splitRecords(utf8.decode(bytes), style)
        const rows = lines
          .filter((line) => !(comments && line[0]?.text.startsWith('#')))
          .map((line) => {
            if (line.length !== fields.length)
              throw new JsonValueError(
                `the row has ${line.length} fields, the table ${fields.length} physical columns (${fields.map(({ name }) => name).join(', ')})`,
              )
            return line.map(({ text, quoted }, i) => {
              if (!quoted && text === style.nullLiteral) return null
              try {
                return readers[i]!(text, quoted)
              } catch (error) {
                if (!(error instanceof JsonValueError)) throw error
                throw new JsonValueError(`column "${fields[i]!.name}": ${error.message}`)
              }
            })
          })
        for (const row of rows) emit(row, 0)
        return undefined
      } catch (error) {
        if (ignores) return undefined
        if (error instanceof JsonValueError) return { name: 'CoercionError', message: error.message }
        if (error instanceof TypeError)
          return { name: 'ParseError', message: 'the record is not text in UTF-8' }
        throw error
      }
    },
  }
}

export function csvEncoder(fields: readonly Field[], options: FormatOptions): Encoder {
  const style = styleOf(options)
  return {
    takesChanges: false,
    encode: (values) =>
      encoder.encode(
        fields.map(({ type }, i) => quoted(toCsv(values[i]!, type, style), style)).join(style.delimiter),
      ),
  }
}

function styleOf(options: FormatOptions): CsvStyle {
  const delimiter = (options['field-delimiter'] ?? ',').replace('\\t', '\t').replace('\\u0001', '\u0001')
  if (delimiter.length !== 1)
    throw new FormatError(
      `'csv.field-delimiter' is '${options['field-delimiter']}'. Allowed: one character, such as ',' or '\\t'.`,
    )
  return {
    delimiter,
    quote: flag('csv', options, 'disable-quote-character') ? undefined : (options['quote-character'] ?? '"'),
    nullLiteral: options['null-literal'],
    elementDelimiter: options['array-element-delimiter'] ?? ';',
  }
}

function fromCsv(type: Field['type'], style: CsvStyle): (text: string, quoted: boolean) => SqlValue {
  if (type.kind === 'VARCHAR' || type.kind === 'CHAR') return (text) => text
  if (type.kind === 'ARRAY') {
    const element = fromJson(type.element)
    return (text) => (text === '' ? null : text.split(style.elementDelimiter).map(element))
  }
  const read = fromJson(type)
  return (text) => (text.trim() === '' ? null : read(text.trim()))
}

/** Undefined: NULL. */
function toCsv(value: SqlValue, type: Field['type'], style: CsvStyle): string | undefined {
  if (value === null) return style.nullLiteral ?? undefined
  switch (type.kind) {
    case 'DECIMAL':
      return formatDecimal(value as number | bigint, type.scale)
    case 'DATE':
      return formatDate(Number(value))
    case 'TIME':
      return formatTime(Number(value))
    case 'TIMESTAMP':
      return timestampText(Number(value), type.precision ?? 3, 'SQL')
    case 'TIMESTAMP_LTZ':
      return `${timestampText(Number(value), type.precision ?? 3, 'SQL')}Z`
    case 'BINARY':
    case 'VARBINARY':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'ARRAY':
      return (value as readonly SqlValue[])
        .map((each) => toCsv(each, type.element, style) ?? '')
        .join(style.elementDelimiter)
    default:
      return String(value)
  }
}

function quoted(text: string | undefined, { delimiter, quote, nullLiteral }: CsvStyle): string {
  if (text === undefined) return ''
  if (quote === undefined || text === nullLiteral) return text
  const needs = text.includes(delimiter) || text.includes(quote) || /[\r\n]/.test(text)
  return needs ? `${quote}${text.replaceAll(quote, quote + quote)}${quote}` : text
}

interface CsvField {
  readonly text: string
  readonly quoted: boolean
}

/** The rows of a text. A last line end makes no row. */
function splitRecords(text: string, { delimiter, quote }: CsvStyle): CsvField[][] {
  const rows: CsvField[][] = []
  let row: CsvField[] = []
  let at = 0
  while (at < text.length || row.length > 0) {
    let field: CsvField
    if (quote !== undefined && text[at] === quote) {
      let value = ''
      let from = at + 1
      for (;;) {
        const end = text.indexOf(quote, from)
        if (end < 0) throw new JsonValueError(`a quote at character ${at} is not closed`)
        value += text.slice(from, end)
        from = end + 1
        if (text[from] !== quote) break
        value += quote
        from++
      }
      field = { text: value, quoted: true }
      at = from
    } else {
      let end = at
      while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end++
      field = { text: text.slice(at, end), quoted: false }
      at = end
    }
    row.push(field)
    if (text[at] === delimiter) {
      at++
      if (at === text.length) {
        row.push({ text: '', quoted: false })
        rows.push(row)
        return rows
      }
      continue
    }
    if (at < text.length && text[at] !== '\n' && text[at] !== '\r')
      throw new JsonValueError(`character ${at} stands between a closing quote and the delimiter`)
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
    rows.push(row)
    row = []
  }
  return rows
}
