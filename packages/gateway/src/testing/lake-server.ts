/** A gateway whose lake answers SQL: two buckets with a table each, a view, and keys with and without limits. Ends with the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bucketsOf, type LakeColumn, openCatalog, openLakeQuery } from '@millrace/lake'
import { openStore } from '@millrace/store'
import { type Clock, systemClock } from '@millrace/values'
import type { AuthMode } from '../auth/authenticator.ts'
import { createAccessKey } from '../auth/key-file.ts'
import { startGateway } from '../gateway.ts'
import type { PostgresLimits } from '../postgres/postgres-port.ts'

export interface LakeServer {
  readonly port: number
  /** A key that may read everything, and one that may read bucket `open` alone. */
  readonly owner: { readonly id: string; readonly secret: string }
  readonly guest: { readonly id: string; readonly secret: string }
  close(): Promise<void>
}

const rows = [
  {
    id: 1,
    amount: '12.50',
    sold_at: '2026-11-21 10:00:00.25',
    tags: ['a', 'b,c', 'NULL'],
    ok: true,
    note: 'naïve',
  },
  { id: 2, amount: '-0.07', sold_at: '1969-12-31 23:59:59', tags: [], ok: false, note: null },
  { id: 3, amount: '99999999.99', sold_at: '2026-11-21 12:30:00', tags: null, ok: null, note: '' },
]

const columns: LakeColumn[] = [
  { name: 'id', type: { kind: 'long' }, isRequired: true, comment: 'number of the sale' },
  { name: 'amount', type: { kind: 'decimal', precision: 10, scale: 2 } },
  { name: 'sold_at', type: { kind: 'timestamp' } },
  { name: 'tags', type: { kind: 'list', element: { kind: 'string' } } },
  { name: 'ok', type: { kind: 'boolean' } },
  { name: 'note', type: { kind: 'string' } },
]

export async function startLakeServer(options: {
  readonly mode: AuthMode
  readonly clock?: Clock
  readonly limits?: Partial<PostgresLimits>
  readonly hasTls?: boolean
}): Promise<LakeServer> {
  const { clock = systemClock, mode } = options
  const directory = mkdtempSync(join(tmpdir(), 'millrace-postgres-'))
  const owner = createAccessKey({ directory, clock })
  const guest = createAccessKey({
    directory,
    clock,
    policy: [{ allow: ['lake:Read'], streams: ['open/*'] }],
  })
  const store = await openStore({ dir: join(directory, 'data'), clock })
  const catalog = openCatalog({ store })
  for (const bucket of ['open', 'closed']) {
    const folder = join(directory, 'data', 'buckets', bucket, 'sales')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'a.json'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    catalog.write((writer) => {
      writer.putDatabase(bucket)
      writer.putTable({
        database: bucket,
        name: 'sales',
        format: 'json',
        bucket,
        location: 'sales/',
        columns,
        partitionKeys: [],
        kind: 'external',
        parameters: {},
      })
    })
  }
  catalog.write((writer) =>
    writer.putView({ database: 'open', name: 'sold', sql: 'SELECT id, amount FROM open.sales' }),
  )
  const query = openLakeQuery({ catalog, buckets: bucketsOf(store), clock, store })
  const gateway = await startGateway({
    services: [],
    port: 0,
    directory,
    clock,
    auth: { mode },
    drainMs: 0,
    postgres: {
      port: 0,
      lake: { catalog, query },
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    },
    ...(options.hasTls === true ? { tls: { port: 0, certificate: 'self-signed' as const } } : {}),
  })
  return {
    port: Number(new URL(gateway.postgresUrl ?? '').port),
    owner,
    guest,
    async close() {
      await gateway.close()
      await query.close()
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
