/**
 * Law: told the statements that a server ran, in their order, the tracker knows the tables as the server's INFORMATION_SCHEMA shows
 * them, after every one of them.
 */
import { seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TableSchema } from '../../model/table-schema.ts'
import type { PrivateServer } from '../../servers/private-server.ts'
import { parseMysqlUrl } from '../connection/mysql-address.ts'
import { type MysqlSession, openMysqlSession } from '../connection/mysql-session.ts'
import type { SchemaEffect } from '../log/schema-tracker.ts'
import { toTableSchema } from '../schema/mysql-table.ts'
import { listTables, readTables } from '../schema/read-tables.ts'
import { readServerFacts, type ServerFacts } from '../schema/server-facts.ts'
import { logEndStatement } from '../snapshot/log-place.ts'
import { serverKinds } from '../testing/mysql-bench.ts'
import { mysqlSchemaTracker } from './mysql-schema-tracker.ts'
import { randomDdl } from './testing/random-ddl.ts'

const rounds = process.env.MILLRACE_NIGHTLY === '1' ? 60 : 3
const statements = 120

for (const kind of serverKinds)
  describe.skipIf(!kind.isInstalled)(`the schema tracker of ${kind.name}`, () => {
    let server: PrivateServer
    let session: MysqlSession
    let facts: ServerFacts
    beforeAll(async () => {
      server = await kind.start()
      session = await openMysqlSession(parseMysqlUrl(server.url), new AbortController().signal)
      facts = await readServerFacts(session)
    }, 60_000)
    afterAll(async () => {
      await session?.close()
      await server?.stop()
    })

    const seeds = Array.from({ length: rounds }, (_, i) => process.env.SEED ?? `ddl-${i}`)
    it.each(seeds)('knows what the server knows (seed %s)', { timeout: 120_000 }, async (seed) => {
      const ddl = randomDdl(seededRandom(seed))
      await session.run('DROP DATABASE IF EXISTS one')
      await session.run('DROP DATABASE IF EXISTS two')
      await session.run('CREATE DATABASE one CHARACTER SET utf8mb4')
      await session.run('CREATE DATABASE two CHARACTER SET latin1')
      const tracked = new Map<string, TableSchema>()
      const tracker = mysqlSchemaTracker({
        tables: { isSelected: () => true, schemas: () => [] },
        facts,
        readTables: async () => [],
        schemaCollation: (schema) => schemaCollation(session, schema),
        warn: () => {},
      })
      const history: string[] = []
      const log = await logEnd(session, facts)
      for (let i = 0; i < statements; i++) {
        await session.run('CREATE DATABASE IF NOT EXISTS two')
        await session.run('USE one')
        // A statement that the server refuses may have done a part of its work all the same, and be logged with that.
        const errorCode = await session.run(ddl.next()).then(() => 0, errorNumber)
        await session.run('DROP TEMPORARY TABLE IF EXISTS one.t')
        for (const { text, schema } of await logged(session, log)) {
          history.push(text)
          // Only the random statement may have failed and be logged all the same.
          const code = text.startsWith('CREATE DATABASE IF NOT EXISTS two') ? 0 : errorCode
          const effects = await tracker.apply({ ...plain, text, schema, errorCode: code }, 'here')
          for (const effect of effects) follow(tracked, effect, text)
        }
        const actual = await tablesOf(session, facts)
        const story = `seed ${seed}, after:\n${history.slice(-10).join(';\n')}`
        expect(visible([...tracked.values()]), story).toEqual(visible(actual.map(toTableSchema)))
      }
      // A generator whose statements are refused would prove nothing.
      expect(history.length).toBeGreaterThan(statements / 5)
    })
  })

const plain = {
  hasAnsiQuotes: false,
  hasNoBackslashEscapes: false,
  serverCollation: undefined,
  schemaCollation: undefined,
  taken: 0,
}

function errorNumber(error: unknown): number {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') return error.errno
  throw error
}

interface LogEnd {
  file: string
  offset: string
}

async function logEnd(session: MysqlSession, facts: ServerFacts): Promise<LogEnd> {
  const [row] = await session.named(logEndStatement(facts))
  return { file: row?.get('file') ?? '', offset: row?.get('position') ?? '' }
}

/** Statements that the server has logged since it was asked last, as it logged them. */
async function logged(session: MysqlSession, log: LogEnd) {
  const events = await session.named(`SHOW BINLOG EVENTS IN '${log.file}' FROM ${log.offset}`)
  log.offset = events.at(-1)?.get('end_log_pos') ?? log.offset
  return events.flatMap((event) => {
    const info = event.get('info') ?? ''
    if (event.get('event_type') !== 'Query') return []
    const [use = '', schema = ''] = /^use `((?:[^`]|``)+)`; /.exec(info) ?? []
    return [{ text: info.slice(use.length), schema }]
  })
}

/** What a reader of the effects alone knows. */
function follow(tracked: Map<string, TableSchema>, effect: SchemaEffect, text: string): void {
  if (effect.kind === 'truncate') return
  const key = (name: { schema: string; table: string }) => JSON.stringify([name.schema, name.table])
  if (effect.before !== undefined) {
    expect(visible([mustGet(tracked, key(effect.before))]), text).toEqual(visible([effect.before]))
    tracked.delete(key(effect.before))
  }
  if (effect.after !== undefined) tracked.set(key(effect.after), effect.after)
}

function mustGet(tracked: ReadonlyMap<string, TableSchema>, key: string): TableSchema {
  const schema = tracked.get(key)
  if (schema === undefined) throw new Error(`${key} was not told of`)
  return schema
}

function visible(schemas: readonly TableSchema[]) {
  return schemas
    .map(({ details: _, ...schema }) => schema)
    .sort((a, b) => (`${a.schema}.${a.table}` < `${b.schema}.${b.table}` ? -1 : 1))
}

async function tablesOf(session: MysqlSession, facts: ServerFacts) {
  const names = (await listTables(session)).filter(
    ({ schema, type }) => type === 'table' && (schema === 'one' || schema === 'two'),
  )
  return readTables(session, facts, names)
}

async function schemaCollation(session: MysqlSession, schema: string): Promise<string | undefined> {
  const [row] = await session.texts(
    'SELECT DEFAULT_COLLATION_NAME FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME = ?',
    [schema],
  )
  return row?.[0] ?? undefined
}
