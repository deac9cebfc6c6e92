/**
 * Records as Debezium Server writes them with its JSON format:
 *
 *   {"before":null,"after":{"id":1},"source":{...},"transaction":null,"op":"c","ts_ms":...,"ts_us":...,"ts_ns":...}
 *
 * with {"schema","payload"} around it by `schemasEnable`. The partition key is the record's key as JSON, `{"id":1}`, as its Kinesis
 * sink has it; tables without a key have `default`, that sink's null key. A change of a row's key is a deletion of the old one and
 * an insert of the new one. Deletions are followed by an empty record with `tombstonesOnDelete`.
 *
 * Columns that the log left out (unchanged and TOASTed) have Debezium's placeholder in `after`, and are absent from `before`.
 * Changes of tables have no record of their own.
 */
import type { Row } from '../../model/column-value.ts'
import type { LogEvent, RowChange, TruncateChange } from '../../model/log-event.ts'
import { type TableSchema, tableText } from '../../model/table-schema.ts'
import type { DebeziumOptions } from '../../source/cdc-options.ts'
import { CompiledTables } from '../compiled-tables.ts'
import type { EmitRecord, Envelope, EnvelopeContext, EnvelopeSource } from '../envelope.ts'
import { quote } from '../json-text.ts'
import { changesKey, keyWithinLimit } from '../record-key.ts'
import { type DebeziumColumn, debeziumColumn } from './debezium-column.ts'
import { type DebeziumOperation, type DebeziumSettings, readDebeziumOptions } from './debezium-options.ts'
import { compileSource, nanos, type SourceMoment } from './debezium-source.ts'
import { DebeziumTransactions } from './debezium-transactions.ts'
import { envelopeSchemaText } from './envelope-schema.ts'

const keyOfNone = 'default'

interface CompiledTable {
  readonly columns: readonly (DebeziumColumn & { readonly name: string })[]
  readonly key: readonly number[]
  readonly name: string
  readonly source: (moment: SourceMoment) => string
  /** `{"schema":{...},"payload":` or nothing, and what ends it. */
  readonly head: string
  readonly end: string
}

export function makeDebeziumEnvelope(
  options: DebeziumOptions,
  source: EnvelopeSource,
  context: EnvelopeContext = {},
): Envelope {
  return new DebeziumEnvelope(readDebeziumOptions(options, source), source, context)
}

class DebeziumEnvelope implements Envelope {
  readonly #settings: DebeziumSettings
  readonly #source: EnvelopeSource
  readonly #skipped: ReadonlySet<DebeziumOperation>
  readonly #transactions: DebeziumTransactions | undefined
  readonly #tables = new CompiledTables((schema) => this.#compile(schema))

  constructor(settings: DebeziumSettings, source: EnvelopeSource, context: EnvelopeContext) {
    this.#settings = settings
    this.#source = source
    this.#skipped = new Set(settings.skippedOperations)
    this.#transactions = settings.provideTransactionMetadata
      ? new DebeziumTransactions(source.kind, context.state)
      : undefined
  }

  encode(event: LogEvent, nowUs: number, emit: EmitRecord): void {
    if (event.kind === 'schema') return
    const table = this.#tables.of(event.table)
    if (event.kind === 'truncate') {
      this.#emit(table, event, { op: 't', key: keyOfNone, before: 'null', after: 'null' }, nowUs, emit)
      return
    }
    const { operation } = event
    if (operation === 'delete') this.#delete(table, event, nowUs, emit)
    else if (operation === 'update') this.#update(table, event, nowUs, emit)
    else {
      const after = must(event.after, event)
      const op = operation === 'load' ? 'r' : 'c'
      const record = {
        op,
        key: keyOf(table, after),
        before: 'null',
        after: rowText(table, after, 'after'),
      } as const
      this.#emit(table, event, record, nowUs, emit)
    }
  }

  begin(): void {}

  warnings(): readonly { readonly code: string; readonly message: string }[] {
    return []
  }

  state(): string | undefined {
    return this.#transactions?.state()
  }

  #update(table: CompiledTable, event: RowChange, nowUs: number, emit: EmitRecord): void {
    const after = must(event.after, event)
    const text = rowText(table, after, 'after')
    const key = keyOf(table, after)
    if (changesKey(event.table, event.before, after)) {
      this.#delete(table, event, nowUs, emit)
      this.#emit(table, event, { op: 'c', key, before: 'null', after: text }, nowUs, emit)
      return
    }
    const before = event.before === undefined ? 'null' : rowText(table, event.before, 'before')
    this.#emit(table, event, { op: 'u', key, before, after: text }, nowUs, emit)
  }

  #delete(table: CompiledTable, event: RowChange, nowUs: number, emit: EmitRecord): void {
    const before = must(event.before, event)
    const key = keyOf(table, before)
    const record = { op: 'd', key, before: rowText(table, before, 'before'), after: 'null' } as const
    const isWritten = this.#emit(table, event, record, nowUs, emit)
    // A tombstone is of its key: without one there is nothing to bury.
    if (isWritten && this.#settings.tombstonesOnDelete && table.key.length > 0) emit(key, '')
  }

  #emit(
    table: CompiledTable,
    event: RowChange | TruncateChange,
    record: { op: DebeziumOperation; key: string; before: string; after: string },
    nowUs: number,
    emit: EmitRecord,
  ): boolean {
    if (this.#skipped.has(record.op)) return false
    const { transaction, order } = event
    const isSnapshot = event.kind === 'row' && event.operation === 'load'
    this.#transactions?.enter(transaction, (id, text) =>
      emit(keyWithinLimit(`{"id":${quote(id)}}`, '-'), text),
    )
    const block = this.#transactions?.next(table.name) ?? 'null'
    emit(
      record.key,
      `${table.head}{"before":${record.before},"after":${record.after},"source":` +
        `${table.source({ transaction, order, isSnapshot, nowUs })},"transaction":${block},"op":"${record.op}",` +
        `"ts_ms":${Math.floor(nowUs / 1000)},"ts_us":${nowUs},"ts_ns":${nanos(nowUs)}}${table.end}`,
    )
    return true
  }

  #compile(schema: TableSchema): CompiledTable {
    const columns = schema.columns.map((column) => ({
      ...debeziumColumn(this.#source.kind, column, this.#settings),
      name: `${quote(column.name)}:`,
    }))
    const { topicPrefix, schemasEnable } = this.#settings
    return {
      columns,
      key: schema.key,
      name: tableText(schema),
      source: compileSource(this.#source, topicPrefix, schema),
      head: schemasEnable
        ? `{"schema":${envelopeSchemaText(this.#source, `${topicPrefix}.${tableText(schema)}`, schema, columns)},"payload":`
        : '',
      end: schemasEnable ? '}' : '',
    }
  }
}

function rowText({ columns }: CompiledTable, row: Row, side: 'before' | 'after'): string {
  let text = ''
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!
    const value = row[i]
    let json: string
    if (value === null) json = 'null'
    else if (value !== undefined) json = column.write(value) ?? 'null'
    else if (side === 'after') json = column.unavailable
    else continue
    text += (text === '' ? '{' : ',') + column.name + json
  }
  return text === '' ? '{}' : `${text}}`
}

function keyOf(table: CompiledTable, row: Row): string {
  if (table.key.length === 0) return keyOfNone
  let text = ''
  for (const index of table.key) {
    const column = table.columns[index]!
    const value = row[index]
    const json = value === null || value === undefined ? 'null' : (column.write(value) ?? 'null')
    text += (text === '' ? '{' : ',') + column.name + json
  }
  return keyWithinLimit(`${text}}`, keyOfNone)
}

function must(row: Row | undefined, event: RowChange): Row {
  if (row !== undefined) return row
  throw new Error(`a ${event.operation} of ${tableText(event.table)} came without its row`)
}
