/**
 * What a format is: decoders give the physical columns of a table in order and never throw; a record that is none is a
 * DecodeProblem.
 */
import type { Field } from '@millrace/values'
import type { Row, RowKind } from '../row.ts'

export interface DecodeProblem {
  readonly name: 'ParseError' | 'CoercionError'
  /** What was found, where, and what is allowed. */
  readonly message: string
}

export interface Decoder {
  /** Hands over the record's changes in order; a problem means that none was handed over. */
  decode(bytes: Uint8Array, emit: (values: Row, kind: RowKind) => void): DecodeProblem | undefined
}

export interface Encoder {
  /** The record of one change; undefined if the change is part of the next one (-U before +U). */
  encode(values: Row, kind: RowKind): Uint8Array | undefined
  /** Whether changes other than inserts have a form. */
  readonly takesChanges: boolean
}

export interface Format {
  readonly name: string
  /** Options after the format's name and a dot, with what they allow. */
  readonly options: readonly string[]
  decoder(fields: readonly Field[], options: FormatOptions): Decoder
  encoder(fields: readonly Field[], options: FormatOptions): Encoder
}

export type FormatOptions = Readonly<Record<string, string>>

/** A table names a format that does not exist, or sets an option of it that does not, or to a value that is not allowed. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
}
