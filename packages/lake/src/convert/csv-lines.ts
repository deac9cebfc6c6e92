/**
 * Records to lines of CSV, through the same coercions as rows of Parquet: what suits the columns there suits them here, and is written in
 * one form (cell-text.ts). RFC 4180, but lines end in "\n"; NULL is nothing between the commas, and an empty text is "". Lists, maps and
 * structs are the JSON that stood in the record. For people and small files: a line is built as text.
 */
import { RowBlocks } from '../parquet/row-blocks.ts'
import { checkSchema } from '../schema/check-schema.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import { cellText } from './cell-text.ts'
import type { ConversionError, CsvLines, CsvOptions } from './convert-port.ts'
import { addRecord } from './open-converter.ts'
import { compileRowReader } from './read-row.ts'

const openX = { kind: 'openx', caseInsensitive: true, dotsToUnderscores: false, keys: {} } as const

/** Errors: LAKE_SCHEMA_INVALID, DELIVERY_INVALID. */
export function openCsvLines({ columns, header, serde = openX }: CsvOptions): CsvLines {
  checkSchema({ columns }, 'a delivery')
  // A text column takes JSON as it stands; whether the value suits its own type is asked of a second reader.
  const flat = columns.map(
    (column): LakeColumn => (isNested(column) ? { ...column, type: { kind: 'string' } } : column),
  )
  const texts = { reader: compileRowReader(flat, serde), blocks: new RowBlocks({ columns: flat }) }
  const checked = columns.some(isNested)
    ? { reader: compileRowReader(columns, serde), blocks: new RowBlocks({ columns }) }
    : undefined
  return {
    header: Buffer.from(header ? `${columns.map((column) => quoted(column.name)).join(',')}\n` : ''),
    convert(bytes, start = 0, end = bytes.length): Uint8Array | ConversionError {
      for (const kept of checked === undefined ? [texts] : [checked, texts]) {
        kept.blocks.clear()
        const error = addRecord(kept.reader, kept.blocks, bytes, start, end)
        if (error !== undefined) return error
      }
      let lines = ''
      for (const block of texts.blocks.blocks()) {
        for (let row = 0; row < block.rows; row++) {
          const cells = flat.map(({ type }, i) => {
            const column = block.columns[i]
            const text = column === undefined ? undefined : cellText(type, column, row)
            return text === undefined ? '' : quoted(text)
          })
          lines += `${cells.join(',')}\n`
        }
      }
      return Buffer.from(lines)
    },
  }
}

function isNested({ type }: LakeColumn): boolean {
  return type.kind === 'list' || type.kind === 'map' || type.kind === 'struct'
}

function quoted(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
