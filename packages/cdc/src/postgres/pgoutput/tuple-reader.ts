/**
 * Rows of a relation out of the log's bytes. A tuple is: count of columns 2, then for each a kind and, for `t`, length 4 and text:
 *   n NULL    u an unchanged TOASTed value, which the log does not repeat    t text
 * Compiled once for each relation: one function for each column, in an array.
 */
import { CdcError } from '../../errors.ts'
import type { ColumnValue, Row } from '../../model/column-value.ts'
import { type TableSchema, tableText } from '../../model/table-schema.ts'
import type { ReadValue } from '../values/read-value.ts'
import { ValueProblem } from '../values/value-problem.ts'
import type { MessageCursor } from './message-cursor.ts'

const isNull = 0x6e
const isUnchanged = 0x75
const isText = 0x74

export class TupleReader {
  readonly schema: TableSchema
  readonly #reads: readonly ReadValue[]
  readonly #isKey: readonly boolean[]

  /** One of each for every column of the relation. */
  constructor(schema: TableSchema, reads: readonly ReadValue[], isKey: readonly boolean[]) {
    this.schema = schema
    this.#reads = reads
    this.#isKey = isKey
  }

  /** A whole row. What is unchanged is taken from `before`, and undefined where that is not known. */
  row(cursor: MessageCursor, before: Row | undefined): Row {
    return this.#read(cursor, before, false)
  }

  /** A row of which the log holds the columns of the replica identity only: all others are undefined. */
  keyRow(cursor: MessageCursor): Row {
    return this.#read(cursor, undefined, true)
  }

  #read(cursor: MessageCursor, before: Row | undefined, isKeyOnly: boolean): Row {
    const reads = this.#reads
    const count = reads.length
    if (cursor.u16() !== count) {
      throw cursor.invalid(`a row of ${tableText(this.schema)} with another number of columns than ${count}`)
    }
    const row: ColumnValue[] = new Array<ColumnValue>(count)
    for (let i = 0; i < count; i++) {
      switch (cursor.u8()) {
        case isText: {
          const length = cursor.u32()
          const start = cursor.skip(length)
          try {
            row[i] = reads[i]!(cursor.bytes, start, start + length)
          } catch (error) {
            throw this.#invalid(i, error)
          }
          break
        }
        case isNull:
          row[i] = isKeyOnly && this.#isKey[i] === false ? undefined : null
          break
        case isUnchanged:
          row[i] = before?.[i]
          break
        default:
          throw cursor.invalid(`a value of an unknown kind in a row of ${tableText(this.schema)}`)
      }
    }
    return row
  }

  #invalid(column: number, error: unknown): unknown {
    if (!(error instanceof ValueProblem)) return error
    const { name, type } = this.schema.columns[column]!
    return new CdcError(
      'CDC_LOG_INVALID',
      `A value in the log of Postgres does not suit column "${name}" (${type.native}) of ${tableText(this.schema)}: ${error.message}.`,
      { cause: error },
    )
  }
}

/** Passes over a tuple of which nothing is wanted, checking its form. */
export function skipTuple(cursor: MessageCursor): void {
  for (let left = cursor.u16(); left > 0; left--) {
    const type = cursor.u8()
    if (type === isText) cursor.skip(cursor.u32())
    else if (type !== isNull && type !== isUnchanged) throw cursor.invalid('a value of an unknown kind')
  }
}
