/**
 * Records to rows of Parquet files (convert-port.ts). A record is one JSON object or several, one after the other; it is taken whole
 * or not at all. Cost: one pass over the bytes and one copy of texts; no allocation per record whose shape is known.
 */
import { skipSpace, skipValue } from '@millrace/values'
import type { ParquetOptions } from '../parquet/parquet-port.ts'
import { RowBlocks } from '../parquet/row-blocks.ts'
import { checkSchema } from '../schema/check-schema.ts'
import type { ConversionError, ConvertedRows, Converter, ConverterOptions } from './convert-port.ts'
import { compileRowReader, type RowReader } from './read-row.ts'
import { lastRefusal } from './refusal.ts'

/** Errors: LAKE_SCHEMA_INVALID, DELIVERY_INVALID (a timestamp format). */
export function openConverter({ writer, format, columns }: ConverterOptions): Converter {
  const schema = { columns }
  checkSchema(schema, 'a delivery')
  const reader = compileRowReader(columns, format.serde)
  const options: ParquetOptions = {
    compression: format.parquet.compression,
    rowGroupBytes: format.parquet.blockBytes,
    pageBytes: format.parquet.pageBytes,
    dictionary: format.parquet.dictionary,
    version: format.parquet.version,
  }
  return {
    begin(): ConvertedRows {
      const blocks = new RowBlocks(schema)
      return {
        get count() {
          return blocks.rows
        },
        get bytes() {
          return blocks.bytes
        },
        add: (bytes, start = 0, end = bytes.length) => addRecord(reader, blocks, bytes, start, end),
        async write(path) {
          const file = await writer.write(blocks, path, options)
          blocks.clear()
          return file
        },
        clear: () => blocks.clear(),
      }
    },
  }
}

/** All objects of the record, or none. */
export function addRecord(
  reader: RowReader,
  blocks: RowBlocks,
  bytes: Uint8Array,
  start: number,
  end: number,
): ConversionError | undefined {
  const at = skipSpace(bytes, start, end)
  if (bytes[at] === openBrace && at < end && reader.locate(bytes, at, end) === null) {
    if (reader.append(blocks.columns)) {
      blocks.endRow()
      return undefined
    }
    blocks.undoRow()
    return malformed()
  }
  return addSeveral(reader, blocks, bytes, at, end, start)
}

const openBrace = 123

/** A record of several objects, or one that is refused. */
function addSeveral(
  reader: RowReader,
  blocks: RowBlocks,
  bytes: Uint8Array,
  first: number,
  end: number,
  start: number,
): ConversionError | undefined {
  const before = blocks.rows
  const undo = (error: ConversionError): ConversionError => {
    blocks.truncate(before)
    return error
  }
  let at = first
  do {
    if (at >= end)
      return undo(unreadable(at - start, 'a JSON object should be here, but the record is empty'))
    const next = skipValue(bytes, at, end, 0)
    const problem = reader.locate(bytes, at, next < 0 ? end : next)
    if (problem !== null) return undo(unreadable(at - start + problem.offset, problem.reason))
    if (bytes[at] !== openBrace)
      return undo({
        code: 'DataFormatConversion.MalformedData',
        message: `Data does not match the schema. Byte ${at - start} begins another JSON value than an object; a record is one JSON object or several.`,
      })
    if (!reader.append(blocks.columns)) return undo(malformed())
    blocks.endRow()
    at = skipSpace(bytes, next, end)
  } while (at < end)
  return undefined
}

function malformed(): ConversionError {
  return {
    code: 'DataFormatConversion.MalformedData',
    message: `Data does not match the schema. ${lastRefusal()}`,
  }
}

function unreadable(offset: number, reason: string): ConversionError {
  return {
    code: 'DataFormatConversion.ParseError',
    message: `Encountered malformed JSON. Byte ${offset}: ${reason}.`,
  }
}
