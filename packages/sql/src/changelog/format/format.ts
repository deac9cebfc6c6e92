/**
 * Formats of tables: from the bytes of a record to changes, and back. A format is chosen by the table's option `format`
 * (json unless given) and set by options that begin with its name, as in Flink.
 *
 *   json            one object, an array of objects, or several documents one after the other; only inserts
 *   csv             one row a line; only inserts
 *   raw             the whole record as the one physical column
 *   debezium-json   {before, after, op}: a changelog
 *
 * What a format gives is format-contract.ts.
 */
import type { Field } from '@millrace/values'
import type { TableInfo } from '../plan.ts'
import { csvDecoder, csvEncoder } from './csv.ts'
import { debeziumDecoder, debeziumEncoder } from './debezium-json.ts'
import {
  type Decoder,
  type Encoder,
  type Format,
  FormatError,
  type FormatOptions,
} from './format-contract.ts'
import { jsonDecoder, jsonEncoder } from './json.ts'
import { rawDecoder, rawEncoder } from './raw.ts'

export const formats: ReadonlyMap<string, Format> = new Map(
  [
    {
      name: 'json',
      options: [
        'ignore-parse-errors',
        'fail-on-missing-field',
        'timestamp-format.standard',
        'encode.decimal-as-plain-number',
        'encode.ignore-null-fields',
      ],
      decoder: jsonDecoder,
      encoder: jsonEncoder,
    },
    {
      name: 'csv',
      options: [
        'field-delimiter',
        'quote-character',
        'disable-quote-character',
        'null-literal',
        'ignore-parse-errors',
        'allow-comments',
        'array-element-delimiter',
      ],
      decoder: csvDecoder,
      encoder: csvEncoder,
    },
    { name: 'raw', options: ['charset', 'endianness'], decoder: rawDecoder, encoder: rawEncoder },
    {
      name: 'debezium-json',
      options: ['schema-include', 'ignore-parse-errors', 'timestamp-format.standard'],
      decoder: debeziumDecoder,
      encoder: debeziumEncoder,
    },
  ].map((format: Format) => [format.name, format]),
)

/** The physical columns of a table, which its format reads and writes. */
export function physicalFields(table: TableInfo): Field[] {
  return table.columns.flatMap(({ name, type, nullable, metadata, computed }) =>
    metadata === undefined && computed === undefined ? [{ name, type, nullable }] : [],
  )
}

/** Throws FormatError. */
export function decoderOf(table: TableInfo): Decoder {
  const { format, options } = formatOf(table)
  return format.decoder(physicalFields(table), options)
}

/** Throws FormatError. */
export function encoderOf(table: TableInfo): Encoder {
  const { format, options } = formatOf(table)
  return format.encoder(physicalFields(table), options)
}

/** The encoder of rows that belong to no table. Throws FormatError for an unknown name. */
export function fieldsEncoder(fields: readonly Field[], name: string): Encoder {
  const format = formats.get(name)
  if (format === undefined)
    throw new FormatError(`there is no format '${name}'. Allowed: ${[...formats.keys()].join(', ')}.`)
  return format.encoder(fields, {})
}

export function formatOf(table: TableInfo): { format: Format; options: FormatOptions } {
  const name = table.options.format ?? table.options['format.type'] ?? table.options['value.format'] ?? 'json'
  const format = formats.get(name)
  if (format === undefined) {
    const known = [...formats.keys()].join(', ')
    throw new FormatError(`table ${table.name}: there is no format '${name}'. Allowed: ${known}.`)
  }
  const prefix = `${name}.`
  const options: Record<string, string> = {}
  for (const [key, value] of Object.entries(table.options)) {
    if (!key.startsWith(prefix)) continue
    const option = key.slice(prefix.length)
    if (!format.options.includes(option)) {
      const known = format.options.map((each) => `'${prefix}${each}'`).join(', ')
      throw new FormatError(
        `table ${table.name}: the format ${name} has no option '${key}'. It has ${known}.`,
      )
    }
    options[option] = value
  }
  return { format, options }
}
