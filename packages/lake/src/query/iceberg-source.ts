/**
 * The SELECT that gives an Iceberg table's rows: of its present state, or of a snapshot by number, id, time, branch or tag. Files are
 * planned by what the statement says of any column; position deletes are applied, and files of older schemas read under the names of
 * the state asked for. Tables about the table are made of its metadata.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { LakeError } from '../errors.ts'
import { localPaths, scanFiles } from '../iceberg/duck/scan-sql.ts'
import { toLakeSchema } from '../iceberg/format/iceberg-schema.ts'
import type { Table } from '../iceberg/table/open-table.ts'
import type { SnapshotAt } from '../iceberg/table-port.ts'
import { duckName } from '../schema/duck-type.ts'
import type { FilePlace, MakeContext } from './make-context.ts'
import type { MetadataTable, TableState } from './name-table.ts'
import { openIcebergEntry } from './open-iceberg-entry.ts'
import { LakeQueryError } from './query-error.ts'
import { scanPredicate } from './scan-predicate.ts'
import type { PlannedFiles } from './table-files.ts'

export interface IcebergSource {
  readonly sql: string
  readonly paths: ReadonlyMap<string, FilePlace>
  readonly pruned: number
}

/** `id` keeps what is made in the session apart. Errors: LAKE_QUERY_INVALID, those of Iceberg tables. */
export async function icebergSource(
  context: MakeContext,
  planned: PlannedFiles,
  id: string,
): Promise<IcebergSource> {
  const { table: entry, named } = planned.source
  const { connection } = context.session
  const table = await openIcebergEntry(context, entry)
  const at = named.at ?? (context.asOf === undefined ? undefined : { asOf: context.asOf })
  const snapshotAt = at === undefined ? undefined : resolved(table, planned.name, at)
  try {
    if (named.metadata !== undefined) {
      const sql = await metadataSource(connection, table, { kind: named.metadata, at: snapshotAt, id })
      return { sql, paths: new Map(), pruned: 0 }
    }
    // The scan's schema first, since conditions name its columns.
    const whole = snapshotAt === undefined ? table.schema : await schemaAt(table, snapshotAt)
    const where = await scanPredicate(connection, whole.columns, planned.filters)
    const plan = await table.plan({
      ...(snapshotAt === undefined ? {} : { at: snapshotAt }),
      ...(where === undefined ? {} : { where }),
    })
    const { columns } = toLakeSchema(plan.schema)
    const { tasks } = plan
    const scan = await scanFiles(connection, { table, tasks, columns, id })
    const local = await localPaths(
      table,
      tasks.map(({ file }) => file.path),
    )
    const paths = new Map(
      local.map((path, i) => {
        const key = tasks[i]?.file.path ?? path
        return [path, { table: entry, key, id: `${entry.bucket}/${key}`, isNeeded: true } as const]
      }),
    )
    const names = columns.map(({ name }) => duckName(name)).join(', ')
    return { sql: `SELECT ${names} FROM ${scan.sql}`, paths, pruned: plan.skipped }
  } catch (error) {
    if (error instanceof LakeError && error.code === 'ICEBERG_SNAPSHOT_MISSING')
      throw new LakeQueryError(
        'LAKE_QUERY_INVALID',
        `table "${planned.name}": ${error.message.replace(/^[A-Z_]+ /, '')}`,
      )
    throw error
  }
}

/** A number is a commit's place in the table's history (its sequence number), which expiry does not change, or a snapshot's id. */
function resolved(table: Table, name: string, at: TableState): SnapshotAt {
  if (!('number' in at)) return at
  const { snapshots } = table.metadata
  const found = snapshots.find(
    (each) => each['sequence-number'] === at.number || each['snapshot-id'] === at.number,
  )
  if (found !== undefined) return { snapshotId: found['snapshot-id'] }
  const numbers = snapshots.map((each) => each['sequence-number']).sort((a, b) => a - b)
  throw new LakeQueryError(
    'LAKE_QUERY_INVALID',
    `table "${name}": there is no snapshot ${at.number}. ` +
      (numbers.length === 0
        ? 'The table has none yet.'
        : `Its snapshots are ${numbers[0]} to ${numbers[numbers.length - 1]}; see "${name.split('@')[0]}$snapshots".`),
  )
}

async function schemaAt(table: Table, at: SnapshotAt) {
  const snapshot = table.snapshot(at)
  const schema = table.metadata.schemas.find((each) => each['schema-id'] === snapshot?.['schema-id'])
  return schema === undefined ? table.schema : toLakeSchema(schema)
}

async function metadataSource(
  connection: DuckDBConnection,
  table: Table,
  {
    kind,
    at,
    id,
  }: { readonly kind: MetadataTable; readonly at: SnapshotAt | undefined; readonly id: string },
): Promise<string> {
  const { structure, rows } = await metadataRows(table, kind, at)
  const name = duckName(id)
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${name} AS SELECT unnest(from_json($1::JSON, '${JSON.stringify([structure])}'), recursive := true)`,
    [JSON.stringify(rows)],
  )
  return `SELECT * FROM ${name}`
}

type Structure = Readonly<Record<string, string>>

async function metadataRows(
  table: Table,
  kind: MetadataTable,
  at: SnapshotAt | undefined,
): Promise<{ readonly structure: Structure; readonly rows: readonly Readonly<Record<string, unknown>>[] }> {
  const { metadata } = table
  switch (kind) {
    case 'snapshots':
      return {
        structure: {
          number: 'BIGINT',
          snapshot_id: 'BIGINT',
          parent_id: 'BIGINT',
          committed_at: 'TIMESTAMP WITH TIME ZONE',
          operation: 'VARCHAR',
          summary: 'JSON',
        },
        rows: metadata.snapshots.map((snapshot) => {
          const { operation, ...summary } = snapshot.summary
          return {
            number: snapshot['sequence-number'],
            snapshot_id: snapshot['snapshot-id'],
            parent_id: snapshot['parent-snapshot-id'] ?? null,
            committed_at: new Date(snapshot['timestamp-ms']).toISOString(),
            operation,
            summary,
          }
        }),
      }
    case 'history':
      return {
        structure: { made_current_at: 'TIMESTAMP WITH TIME ZONE', snapshot_id: 'BIGINT' },
        rows: metadata['snapshot-log'].map((entry) => ({
          made_current_at: new Date(entry['timestamp-ms']).toISOString(),
          snapshot_id: entry['snapshot-id'],
        })),
      }
    case 'files': {
      const { tasks } = await table.plan(at === undefined ? {} : { at })
      const files = new Map(
        tasks.flatMap(({ file, deletes }) => [file, ...deletes]).map((file) => [file.path, file]),
      )
      return {
        structure: {
          content: 'VARCHAR',
          path: 'VARCHAR',
          records: 'BIGINT',
          bytes: 'BIGINT',
          number: 'BIGINT',
          partition: 'JSON',
        },
        rows: [...files.values()].map((file) => ({
          content: file.content,
          path: file.path,
          records: file.records,
          bytes: file.bytes,
          number: file.sequenceNumber,
          partition: file.partition.map((value) =>
            value instanceof Uint8Array
              ? Buffer.from(value).toString('hex')
              : typeof value === 'bigint'
                ? String(value)
                : value,
          ),
        })),
      }
    }
  }
}
