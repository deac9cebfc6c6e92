/**
 * Logs recorded of real servers (binlog_row_metadata FULL, so that they tell their own schemas), as lists of events, and what the decoder
 * makes of such a list.
 */
import { readFileSync } from 'node:fs'
import type { ColumnValue, Row } from '../../../model/column-value.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import type { TableSchema } from '../../../model/table-schema.ts'
import { charsetOf } from '../../binlog/collations.ts'
import type { LoggedTable } from '../../binlog/logged-table.ts'
import { LogDecoder } from '../log-decoder.ts'
import type { MysqlPosition } from '../mysql-position.ts'
import type { SchemaTracker } from '../schema-tracker.ts'

export interface RecordedLog {
  readonly name: string
  readonly family: 'mysql' | 'mariadb'
  readonly file: string
}

export const recordedLogs: readonly RecordedLog[] = [
  { name: 'MySQL 9.7', family: 'mysql', file: 'mysql-9.7' },
  { name: 'MariaDB 10.11', family: 'mariadb', file: 'mariadb-10.11' },
]

/** The events of a file, header and checksum included. */
export function readRecorded({ file }: RecordedLog): Buffer[] {
  const bytes = readFileSync(new URL(`./recorded/${file}.binlog`, import.meta.url))
  const events: Buffer[] = []
  // Four bytes of magic, then one event after the other, each with its size.
  for (let at = 4; at < bytes.length; ) {
    const size = bytes.readUInt32LE(at + 9)
    events.push(Buffer.from(bytes.subarray(at, at + size)))
    at += size
  }
  return events
}

export interface Decoded {
  readonly events: LogEvent[]
  readonly statements: string[]
  readonly position: MysqlPosition
  /** Of compressed transactions: what batches were charged for, event by event. */
  readonly unpackedBytes: number
}

export async function decodeAll(
  family: 'mysql' | 'mariadb',
  events: readonly Buffer[],
  start: MysqlPosition = { file: 'log.000001', offset: 4 },
): Promise<Decoded> {
  const statements: string[] = []
  const decoder = new LogDecoder({
    family,
    start,
    tables: { isSelected: () => true, schemas: () => [] },
    tracker: selfTold(statements),
  })
  const given: LogEvent[] = []
  let unpackedBytes = 0
  const take = (): MysqlPosition => {
    const batch = decoder.takeBatch()
    given.push(...batch.events)
    // A position of the decoder's own.
    return batch.position as MysqlPosition
  }
  for (const event of events) {
    await decoder.decode(event)
    while (decoder.hasPending) {
      const bytes = decoder.batchBytes
      await decoder.decodePending()
      unpackedBytes += decoder.batchBytes - bytes
    }
    take()
  }
  return { events: given, statements, position: take(), unpackedBytes }
}

/** Schemas of what the table maps say. */
function selfTold(statements: string[]): SchemaTracker {
  return {
    resolve: async (table) => ({ schema: schemaOf(table), effects: [] }),
    apply: async ({ text }) => {
      statements.push(text)
      return []
    },
  }
}

const mariadbTypes: { readonly [column: string]: string } = { u: 'uuid', a: 'inet6', b: 'inet4' }

function schemaOf({ schema, table, columns, key }: LoggedTable): TableSchema {
  return {
    schema,
    table,
    key: key ?? [],
    columns: columns.map(({ name = '', isNullable, collation }) => ({
      name,
      isNullable,
      type: {
        kind: 'other',
        native: (table === 'm' && mariadbTypes[name]) || 'other',
        ...(collation === undefined ? {} : { charset: charsetOf(collation) ?? 'unknown' }),
      },
    })),
  }
}

/** For files and messages: plain JSON, a line for each event. */
export function eventLines(events: readonly LogEvent[]): string[] {
  return events.map((event) =>
    event.kind === 'row'
      ? JSON.stringify([
          event.operation,
          event.table.table,
          event.order,
          plainRow(event.before),
          plainRow(event.after),
          event.transaction?.id,
        ])
      : JSON.stringify([event.kind, event.order]),
  )
}

function plainRow(row: Row | undefined): unknown {
  return row?.map(plainValue) ?? null
}

function plainValue(value: ColumnValue): unknown {
  if (value === undefined) return { is: 'unknown' }
  if (typeof value === 'bigint') return { integer: String(value) }
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') }
  return value
}
