/**
 * Records that are the row: one JSON object of its columns, and members that say what happened, whose names begin with a prefix:
 *
 *   {"id":1,"name":"x","__op":"c","__schema":"shop","__table":"orders","__ts_ms":1700000000000,"__deleted":false}
 *
 *   __op       'r' a row of the load, 'c' inserted, 'u' updated, 'd' deleted, 't' the table was emptied (then without columns)
 *   __ts_ms    when the transaction was committed, ms since 1970; of a load when the row was read
 *   __deleted  true for a deletion, which has the row's last known values
 *
 * Values are those of flat-value.ts: JSON columns stand as JSON, arrays as arrays, bytes in base64. Null is null; what is not known
 * (an unchanged TOASTed column) is left out. A change of the key is a deletion and an insert. Changes of tables have no record: the
 * next row shows them.
 */
import { CdcError } from '../../errors.ts'
import type { Row } from '../../model/column-value.ts'
import type { LogEvent, Transaction } from '../../model/log-event.ts'
import { type TableSchema, tableText } from '../../model/table-schema.ts'
import type { FlatOptions } from '../../source/cdc-options.ts'
import { CompiledTables } from '../compiled-tables.ts'
import type { EmitRecord, Envelope, EnvelopeSource } from '../envelope.ts'
import { quote } from '../json-text.ts'
import { checkOptions, refuse } from '../option-checks.ts'
import { changesKey, keyText, keyWithinLimit } from '../record-key.ts'
import { type FlatValueWriter, flatValueWriter } from './flat-value.ts'

const memberNames = ['op', 'schema', 'table', 'ts_ms', 'deleted']

type FlatOperation = 'r' | 'c' | 'u' | 'd' | 't'

interface CompiledTable {
  readonly columns: readonly { readonly name: string; readonly write: FlatValueWriter }[]
  readonly key: (row: Row) => string
  /** Of the whole table. */
  readonly tableKey: string
  /** `"__schema":...,"__table":...,"__ts_ms":` */
  readonly table: string
}

export function makeFlatEnvelope(options: FlatOptions, _source: EnvelopeSource): Envelope {
  checkOptions('envelope', options, {
    format: ['flat'],
    prefix: (value, place) => refuse(typeof value === 'string', place, value, "a text, '__' by default"),
    deletes: ['row', 'none'],
  })
  return new FlatEnvelope(options.prefix ?? '__', options.deletes ?? 'row')
}

class FlatEnvelope implements Envelope {
  readonly #prefix: string
  readonly #deletes: 'row' | 'none'
  readonly #op: string
  readonly #deleted: string
  readonly #tables = new CompiledTables((schema) => this.#compile(schema))

  constructor(prefix: string, deletes: 'row' | 'none') {
    this.#prefix = prefix
    this.#deletes = deletes
    this.#op = `${quote(`${prefix}op`)}:"`
    this.#deleted = `,${quote(`${prefix}deleted`)}:`
  }

  encode(event: LogEvent, nowUs: number, emit: EmitRecord): void {
    if (event.kind === 'schema') return
    const { transaction } = event
    const ms = msOf(transaction, nowUs)
    const table = this.#tables.of(event.table)
    if (event.kind === 'truncate') {
      emit(table.tableKey, `{${this.#tail(table, 't', ms)}`)
      return
    }
    const { before, after, operation } = event
    const isMove = operation === 'update' && changesKey(event.table, before, after)
    if ((operation === 'delete' || isMove) && this.#deletes === 'row')
      this.#row(table, before!, 'd', ms, emit)
    if (operation === 'delete') return
    const op = isMove || operation === 'insert' ? 'c' : operation === 'load' ? 'r' : 'u'
    this.#row(table, after!, op, ms, emit)
  }

  begin(): void {}

  warnings(): readonly { readonly code: string; readonly message: string }[] {
    return []
  }

  state(): undefined {
    return undefined
  }

  #row(table: CompiledTable, row: Row, op: FlatOperation, ms: number, emit: EmitRecord): void {
    const { columns } = table
    let text = '{'
    for (let i = 0; i < columns.length; i++) {
      const value = row[i]
      if (value === undefined) continue
      const column = columns[i]!
      text += column.name + (value === null ? 'null,' : `${column.write(value)},`)
    }
    emit(table.key(row), text + this.#tail(table, op, ms))
  }

  #tail(table: CompiledTable, op: FlatOperation, ms: number): string {
    return `${this.#op}${op}",${table.table}${ms}${this.#deleted}${op === 'd'}}`
  }

  #compile(schema: TableSchema): CompiledTable {
    const name = (text: string) => quote(this.#prefix + text)
    const tableKey = keyWithinLimit(`${schema.schema}.${schema.table}`, '-')
    const rowKey = keyText(schema)
    for (const column of schema.columns) this.#refuseMember(schema, column.name)
    return {
      columns: schema.columns.map((column) => ({
        name: `${quote(column.name)}:`,
        write: flatValueWriter(column.type),
      })),
      key: (row) => keyWithinLimit(rowKey(row), tableKey),
      tableKey,
      table: `${name('schema')}:${quote(schema.schema)},${name('table')}:${quote(schema.table)},${name('ts_ms')}:`,
    }
  }

  /** Two members of one name would hide the column from most readers. */
  #refuseMember(schema: TableSchema, name: string): void {
    if (!memberNames.some((member) => name === this.#prefix + member)) return
    throw new CdcError(
      'CDC_OPTION',
      `envelope.prefix is ${JSON.stringify(this.#prefix)}, and ${tableText(schema)} has a column ${JSON.stringify(name)}, which is a ` +
        "member's name with it. Allowed: a prefix with which no column has the name of a member.",
    )
  }
}

function msOf(transaction: Transaction | undefined, nowUs: number): number {
  return Math.floor((transaction?.commitTimeUs ?? nowUs) / 1000)
}
