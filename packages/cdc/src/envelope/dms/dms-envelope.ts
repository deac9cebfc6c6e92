/**
 * Records as AWS DMS writes them to Kinesis: one JSON object for each change,
 *
 *   {"data":{"id":1,"name":"x"},"metadata":{"timestamp":"...","record-type":"data","operation":"insert",
 *    "partition-key-type":"primary-key","schema-name":"shop","table-name":"orders","transaction-id":12}}
 *
 * and control records for what happens to tables (dms-control.ts). Names are those that the rules leave.
 *
 * An update that changes the row's key becomes a delete of the old key and an insert of the new one, so that a consumer by key ends
 * with the right rows whatever its shards; DMS sends one update that does not say which row went. A truncated table is a control
 * record `truncate-table`, where DMS is silent.
 */
import type { Row } from '../../model/column-value.ts'
import type { LogEvent, RowChange, RowOperation, Transaction } from '../../model/log-event.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import { isoTime } from '../../model/time-text.ts'
import type { ObjectMapping } from '../../rules/table-rules.ts'
import type { DmsOptions } from '../../source/cdc-options.ts'
import { CompiledTables } from '../compiled-tables.ts'
import type { EmitRecord, Envelope, EnvelopeContext, EnvelopeSource } from '../envelope.ts'
import { layoutOf, quote } from '../json-text.ts'
import { changesKey, keyText, keyWithinLimit } from '../record-key.ts'
import { DmsControl } from './dms-control.ts'
import { compileDmsData } from './dms-mapping.ts'
import { type DmsSettings, readDmsOptions } from './dms-options.ts'
import { compileDmsRow, type RowText } from './dms-row.ts'

type PartitionKeyType = NonNullable<ObjectMapping['partitionKeyType']>

interface CompiledTable {
  readonly data: RowText
  readonly beforeImage: RowText | undefined
  readonly keyType: PartitionKeyType
  readonly key: (row: Row, transaction: Transaction | undefined) => string
  /** From the end of the timestamp to the partition key's type, by operation. */
  readonly operations: { readonly [operation in RowOperation]: string }
  /** From the names on, without the end. */
  readonly names: string
}

interface Previous {
  readonly id: string
  readonly number: number
  readonly recordId: number
}

export function makeDmsEnvelope(
  options: DmsOptions,
  source: EnvelopeSource,
  context: EnvelopeContext = {},
): Envelope {
  return new DmsEnvelope(readDmsOptions(options), source, context)
}

class DmsEnvelope implements Envelope {
  readonly #settings: DmsSettings
  readonly #source: EnvelopeSource
  readonly #context: EnvelopeContext
  readonly #control: DmsControl
  readonly #tables = new CompiledTables((schema) => this.#compile(schema))
  readonly #isIndented: boolean
  readonly #head: string
  readonly #metadata: string
  readonly #end: string
  /** Of IncludeTransactionDetails: the transaction that records were written of last, and the one before it. */
  #current: Previous | undefined
  #previous: Previous | undefined

  constructor(settings: DmsSettings, source: EnvelopeSource, context: EnvelopeContext) {
    this.#settings = settings
    this.#source = source
    this.#context = context
    this.#control = new DmsControl(settings, source)
    this.#isIndented = settings.MessageFormat === 'json'
    const top = layoutOf(this.#isIndented, 1)
    const inner = layoutOf(this.#isIndented, 2)
    this.#head = `${top.open}"data"${top.colon}`
    this.#metadata = `${top.comma}"metadata"${top.colon}${inner.open}"timestamp"${inner.colon}"`
    this.#end = `${inner.close}${top.close}\n`
    const [current, previous] = readState(context.state)
    this.#current = current
    this.#previous = previous
  }

  encode(event: LogEvent, nowUs: number, emit: EmitRecord): void {
    if (event.kind !== 'row') {
      this.#control.encode(event, nowUs, emit)
      return
    }
    const { before, after } = event
    if (event.operation === 'update' && changesKey(event.table, before, after)) {
      this.#emit(event, 'delete', before!, undefined, nowUs, emit)
      this.#emit(event, 'insert', after!, undefined, nowUs, emit)
      return
    }
    const row = event.operation === 'delete' ? before : after
    if (row === undefined)
      throw new Error(`a ${event.operation} of ${event.table.table} came without its row`)
    this.#emit(event, event.operation, row, before, nowUs, emit)
  }

  begin(table: TableSchema, nowUs: number, emit: EmitRecord): void {
    this.#control.create(table, nowUs, emit)
  }

  warnings(): readonly { readonly code: string; readonly message: string }[] {
    return this.#settings.partitionKey === 'schema-table'
      ? [
          {
            code: 'CDC_ONE_SHARD',
            message:
              "partitionKey is 'schema-table': all changes of a table have one partition key and land on one shard, however many " +
              "the stream has. Use 'primary-key' to spread them; the changes of a row stay in order.",
          },
        ]
      : []
  }

  state(): string | undefined {
    return this.#settings.IncludeTransactionDetails
      ? JSON.stringify([this.#current ?? null, this.#previous ?? null])
      : undefined
  }

  #emit(
    { table: schema, transaction, order }: RowChange,
    operation: RowOperation,
    row: Row,
    before: Row | undefined,
    nowUs: number,
    emit: EmitRecord,
  ): void {
    const table = this.#tables.of(schema)
    const key = table.key(row, transaction)
    let text = this.#head + table.data(row)
    if (before !== undefined && table.beforeImage !== undefined) text += table.beforeImage(before)
    text += this.#metadata + isoTime(nowUs) + table.operations[operation]
    if (this.#settings.IncludePartitionValue && table.keyType !== 'schema-table')
      text += this.#member('partition-key-value', quote(key))
    text += table.names
    if (transaction !== undefined) {
      text += this.#member('transaction-id', String(transaction.number))
      if (this.#settings.IncludeTransactionDetails) text += this.#details(transaction, order + 1)
    }
    emit(key, text + this.#end)
  }

  #details(transaction: Transaction, recordId: number): string {
    if (this.#current?.id !== transaction.id) this.#previous = this.#current
    this.#current = { id: transaction.id, number: transaction.number, recordId }
    const previous = this.#previous
    return (
      this.#member('transaction-record-id', String(recordId)) +
      (previous === undefined
        ? ''
        : this.#member('prev-transaction-id', String(previous.number)) +
          this.#member('prev-transaction-record-id', String(previous.recordId))) +
      this.#member('commit-timestamp', `"${isoTime(transaction.commitTimeUs)}"`) +
      this.#member('stream-position', quote(transaction.place))
    )
  }

  /** A further member of the metadata. */
  #member(name: string, json: string): string {
    const { comma, colon } = layoutOf(this.#isIndented, 2)
    return `${comma}"${name}"${colon}${json}`
  }

  #compile(schema: TableSchema): CompiledTable {
    const mapping = this.#context.rules?.mappingOf(schema)
    const keyType = this.#keyType(schema, mapping)
    const { kind } = this.#source
    const layout = layoutOf(this.#isIndented, 2)
    const operation = (name: RowOperation) =>
      `"${this.#member('record-type', '"data"')}${this.#member('operation', `"${name}"`)}` +
      this.#member('partition-key-type', `"${keyType}"`)
    return {
      data: compileDmsData(kind, schema, mapping, this.#settings, layout, this.#isIndented),
      beforeImage: this.#beforeImage(schema),
      keyType,
      key: this.#key(schema, keyType, mapping),
      operations: {
        load: operation('load'),
        insert: operation('insert'),
        update: operation('update'),
        delete: operation('delete'),
      },
      names:
        this.#member('schema-name', quote(schema.schema)) + this.#member('table-name', quote(schema.table)),
    }
  }

  #beforeImage(schema: TableSchema): RowText | undefined {
    const { beforeImage } = this.#settings
    if (beforeImage === undefined) return undefined
    const indexes = [...schema.columns.keys()].filter((index) => {
      if (beforeImage.columns === 'pk-only') return schema.key.includes(index)
      return beforeImage.columns === 'all' || schema.columns[index]!.type.isLarge !== true
    })
    const { comma, colon } = layoutOf(this.#isIndented, 1)
    const name = `${comma}${quote(beforeImage.fieldName)}${colon}`
    const write = compileDmsRow(
      this.#source.kind,
      schema,
      this.#settings,
      layoutOf(this.#isIndented, 2),
      indexes,
    )
    return (row) => name + write(row)
  }

  /** A table without a key cannot be spread by it. */
  #keyType(schema: TableSchema, mapping: ObjectMapping | undefined): PartitionKeyType {
    const type = mapping?.partitionKeyType ?? this.#settings.partitionKey
    return type === 'primary-key' && schema.key.length === 0 ? 'schema-table' : type
  }

  #key(
    schema: TableSchema,
    type: PartitionKeyType,
    mapping: ObjectMapping | undefined,
  ): (row: Row, transaction: Transaction | undefined) => string {
    const name = keyWithinLimit(`${schema.schema}.${schema.table}`, '-')
    switch (type) {
      case 'schema-table':
        return () => name
      case 'transaction-id':
        // Rows of a load are of no transaction.
        return (_, transaction) => (transaction === undefined ? name : String(transaction.number))
      case 'primary-key': {
        const text = keyText(schema)
        if (!this.#settings.PartitionIncludeSchemaTable) return (row) => keyWithinLimit(text(row), name)
        const prefix = `${schema.schema}.${schema.table}.`
        return (row) => keyWithinLimit(prefix + text(row), name)
      }
      case 'constant':
      case 'attribute-name':
        return (row) => keyWithinLimit(mapping?.partitionKey(row) ?? '', name)
    }
  }
}

function readState(state: string | undefined): [Previous | undefined, Previous | undefined] {
  if (state === undefined) return [undefined, undefined]
  // Written by `state` of this class.
  const [current, previous] = JSON.parse(state) as [Previous | null, Previous | null]
  return [current ?? undefined, previous ?? undefined]
}
