/**
 * The port from record bytes to rows of files, for deliveries. One converter serves all buffers of a delivery (it learns the records'
 * shape); each buffer has its rows.
 *
 *   const converter = openConverter({ writer, format, columns })
 *   const rows = converter.begin()
 *   rows.add(bytes)          undefined, or why the record goes to the error prefix
 *   await rows.write(path)   one Parquet file; the rows are gone then
 */

import type { JsonSerde, ParquetFormat } from '../delivery/delivery-settings.ts'
import type { ParquetWriter } from '../parquet/open-parquet-writer.ts'
import type { ParquetFile } from '../parquet/parquet-port.ts'
import type { LakeColumn } from '../schema/lake-type.ts'

export interface Converter {
  begin(): ConvertedRows
}

export interface ConvertedRows {
  readonly count: number
  /** Memory held, about; grows with the rows, not with their number of partitions. */
  readonly bytes: number
  /**
   * Takes the JSON objects of one record, all or none: each is a row. The bytes are not kept. What is the matter is a value, for
   * `lastErrorCode` and `lastErrorMessage` of the error object.
   */
  add(bytes: Uint8Array, start?: number, end?: number): ConversionError | undefined
  /** Writes a new file and forgets the rows; they stay if that fails. Error: PARQUET_WRITE_FAILED. */
  write(path: string): Promise<ParquetFile>
  /** Forgets the rows. */
  clear(): void
}

export interface ConversionError {
  /** DataFormatConversion.ParseError: it is no JSON. DataFormatConversion.MalformedData: it does not suit the columns. */
  readonly code: 'DataFormatConversion.ParseError' | 'DataFormatConversion.MalformedData'
  readonly message: string
}

export interface ConverterOptions {
  readonly writer: ParquetWriter
  readonly format: ParquetFormat
  /** Of the version of the table that is written; those of the format if it declares them. */
  readonly columns: readonly LakeColumn[]
}

/** Records to lines of CSV (RFC 4180, but for lines that end in "\n"); columns as text, nested ones as JSON. */
export interface CsvLines {
  /** The line of names; empty if none is wanted. To be put first in each file. */
  readonly header: Uint8Array
  /** The lines of a record's objects, with their line ends. */
  convert(bytes: Uint8Array, start?: number, end?: number): Uint8Array | ConversionError
}

export interface CsvOptions {
  readonly columns: readonly LakeColumn[]
  readonly header: boolean
  /** OpenX, whose keys have no letter case, unless given. */
  readonly serde?: JsonSerde
}
