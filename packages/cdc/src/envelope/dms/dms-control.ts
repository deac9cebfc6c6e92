/**
 * Control records of DMS: what happened to a table. `create-table` always, for each table before its first row; `truncate-table`
 * always, since whoever keeps rows must know; the others by IncludeTableAlterOperations. By IncludeControlDetails with the table
 * as it is then, in DMS' types:
 *
 *   {"control":{"table-def":{"columns":{"id":{"type":"INT4","nullable":false}},"primary-key":["id"]}},"metadata":{...}}
 *
 * There is no record for `awsdms_apply_exceptions`: DMS makes that table in its targets, here is none.
 */
import type { SchemaChange, TruncateChange } from '../../model/log-event.ts'
import type { TableName, TableSchema } from '../../model/table-schema.ts'
import { isoTime } from '../../model/time-text.ts'
import type { EmitRecord, EnvelopeSource } from '../envelope.ts'
import { writeTree } from '../json-text.ts'
import { keyWithinLimit } from '../record-key.ts'
import type { DmsSettings } from './dms-options.ts'
import { dmsType } from './dms-type.ts'

export class DmsControl {
  readonly #settings: DmsSettings
  readonly #source: EnvelopeSource

  constructor(settings: DmsSettings, source: EnvelopeSource) {
    this.#settings = settings
    this.#source = source
  }

  create(table: TableSchema, nowUs: number, emit: EmitRecord): void {
    this.#emit('create-table', table, this.#definition(table), nowUs, emit)
  }

  encode(event: SchemaChange | TruncateChange, nowUs: number, emit: EmitRecord): void {
    if (event.kind === 'truncate') this.#emit('truncate-table', event.table, {}, nowUs, emit)
    else if (event.operation === 'create-table' || this.#settings.IncludeTableAlterOperations)
      this.#emit(event.operation, event.table, this.#body(event), nowUs, emit)
  }

  #body({ operation, after }: SchemaChange): object {
    if (after === undefined) return {}
    const body = this.#definition(after)
    // The metadata name the table that the change was made to; what it is called now stands nowhere else.
    return operation === 'rename-table' && this.#settings.IncludeControlDetails
      ? { ...body, 'renamed-to': { 'schema-name': after.schema, 'table-name': after.table } }
      : body
  }

  #definition(schema: TableSchema): object {
    if (!this.#settings.IncludeControlDetails) return {}
    const columns = schema.columns.map(({ name, type, isNullable }) => [
      name,
      { ...dmsType(this.#source.kind, type), nullable: isNullable },
    ])
    return {
      'table-def': {
        columns: Object.fromEntries(columns),
        'primary-key': schema.key.map((index) => schema.columns[index]!.name),
      },
    }
  }

  #emit(operation: string, name: TableName, control: object, nowUs: number, emit: EmitRecord): void {
    const key = keyWithinLimit(`${this.#source.name}.${name.schema}.${name.table}`, '-')
    const record = {
      control,
      metadata: {
        timestamp: isoTime(nowUs),
        'record-type': 'control',
        operation,
        'partition-key-type': 'task-id',
        ...(this.#settings.IncludePartitionValue ? { 'partition-key-value': key } : {}),
        'schema-name': name.schema,
        'table-name': name.table,
      },
    }
    const text = writeTree(record, this.#settings.MessageFormat === 'json', 1, (leaf) => JSON.stringify(leaf))
    emit(key, `${text}\n`)
  }
}
