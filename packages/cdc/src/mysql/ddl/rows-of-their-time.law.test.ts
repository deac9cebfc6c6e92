/**
 * Law: rows are read with the columns of their time. Statements about tables run with rows between them; much later the whole log is read
 * from its start, by a reader that knows nothing but the tables of the start, and from a log that does not name its columns. Each row then is
 * what its table held when it was written, under the names that its columns had.
 */
import { seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ColumnValue } from '../../model/column-value.ts'
import type { TableName, TableSchema } from '../../model/table-schema.ts'
import { MysqlBench, never, readToEnd, serverKinds } from '../testing/mysql-bench.ts'
import { randomDdl } from './testing/random-ddl.ts'

const rounds = process.env.MILLRACE_NIGHTLY === '1' ? 12 : 1
const statements = 60

interface Written {
  readonly table: string
  readonly values: { readonly [column: string]: ColumnValue }
}

for (const kind of serverKinds) {
  describe.skipIf(!kind.isInstalled)(`rows of ${kind.name}`, () => {
    let bench: MysqlBench
    beforeAll(async () => {
      bench = await MysqlBench.start(kind)
      const least = kind.name === 'MariaDB' ? 'NO_LOG' : 'MINIMAL'
      await bench.run(`SET GLOBAL binlog_row_metadata = '${least}'`)
    }, 60_000)
    afterAll(() => bench?.[Symbol.asyncDispose]())

    const seeds = Array.from({ length: rounds }, (_, i) => process.env.MILLRACE_SEED ?? `rows-${i}`)
    it.each(seeds)(
      'are read with the columns of their time (seed %s)',
      { timeout: 120_000 },
      async (seed) => {
        const random = seededRandom(seed)
        const ddl = randomDdl(random)
        await bench.run('DROP DATABASE IF EXISTS one', 'DROP DATABASE IF EXISTS two')
        await bench.run(
          'CREATE DATABASE one CHARACTER SET utf8mb4',
          'CREATE DATABASE two CHARACTER SET latin1',
        )
        await bench.run('CREATE TABLE one.t (a INT PRIMARY KEY, b VARCHAR(9))')
        const start = await bench.database.currentPosition()
        const known = await bench.database.schemas([{ schema: 'one', table: 't' }])
        const written: Written[] = []
        for (let i = 0; i < statements; i++) {
          await bench.run('CREATE DATABASE IF NOT EXISTS two', 'USE one')
          // System-versioned tables are not followed.
          await bench.session.run(ddl.next().replace(' with system versioning', '')).catch(() => {})
          await bench.run('DROP TEMPORARY TABLE IF EXISTS one.t')
          const names = (await bench.database.tables()).filter(
            ({ schema, type }) => type === 'table' && (schema === 'one' || schema === 'two'),
          )
          const name = names[random.below(Math.max(1, names.length))]
          if (name !== undefined) await writeRow(bench, name, written)
        }
        const log = await bench.database.openLog(start, {
          isSelected: ({ schema }) => schema === 'one' || schema === 'two',
          schemas: () => JSON.parse(JSON.stringify(known)),
        })
        const read = (await readToEnd(log)).flatMap((event) =>
          event.kind === 'row' && event.operation === 'insert'
            ? [valuesOf(event.table, event.after ?? [])]
            : [],
        )
        await log.close()
        expect(written.length).toBeGreaterThan(statements / 6)
        expect(read, `seed ${seed}`).toEqual(written)
      },
    )
  })
}

/** A row of defaults and simple values; tables that take none, such as those with checks, are left as they are. */
async function writeRow(bench: MysqlBench, name: TableName, written: Written[]): Promise<void> {
  const schema = await bench.schema(name)
  const quoted = (text: string) => `\`${text.replaceAll('`', '``')}\``
  const table = `${quoted(name.schema)}.${quoted(name.table)}`
  await bench.run(`DELETE FROM ${table} WHERE 1`)
  const ok = await bench.session.run(`INSERT IGNORE INTO ${table} () VALUES ()`).catch(() => undefined)
  if (ok === undefined || ok.affectedRows === 0) return
  await using reader = await bench.database.openTable(schema)
  const limits = { rowsMax: 10, bytesMax: 1 << 20 }
  if (schema.key.length > 0) {
    const { rows } = await reader.readChunk(undefined, limits, never)
    written.push(...rows.map((row) => valuesOf(schema, row)))
    return
  }
  for await (const { rows } of reader.readWhole(limits, never))
    written.push(...rows.map((row) => valuesOf(schema, row)))
}

function valuesOf(schema: TableSchema, row: readonly ColumnValue[]): Written {
  const values = Object.fromEntries(
    schema.columns.map(({ name, type }, i) => [`${name} ${type.native}`, row[i]]),
  )
  return { table: `${schema.schema}.${schema.table}`, values }
}
