/**
 * Law: for every type, a stored value is the same `ColumnValue` whether it is read from its table or from the log, also with a log that
 * does not describe its columns.
 */
import { seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogEvent } from '../../model/log-event.ts'
import type { TableName } from '../../model/table-schema.ts'
import { MysqlBench, never, readToEnd, type ServerKind, serverKinds } from '../testing/mysql-bench.ts'
import { valueColumns } from './testing/value-columns.ts'

const rowsMax = process.env.MILLRACE_NIGHTLY === '1' ? 3000 : 100
const seed = process.env.MILLRACE_SEED ?? 'values'

for (const kind of serverKinds) {
  describe.skipIf(!kind.isInstalled)(`values of ${kind.name}`, () => {
    let bench: MysqlBench
    beforeAll(async () => {
      bench = await MysqlBench.start(kind)
      await bench.run('CREATE DATABASE shop')
    }, 60_000)
    afterAll(() => bench?.[Symbol.asyncDispose]())

    it.each(['FULL', metadataMinimum(kind)])(
      `are read alike from table and log (seed ${seed}, metadata %s)`,
      async (metadata) => {
        await bench.run(`SET GLOBAL binlog_row_metadata = '${metadata}'`)
        const random = seededRandom(seed)
        const columns = valueColumns(kind.name)
        const table: TableName = { schema: 'shop', table: `all_${metadata.toLowerCase()}` }
        const declared = columns.map(({ type }, i) => `c${i} ${type}`)
        await bench.run(
          `CREATE TABLE shop.${table.table} (id INT PRIMARY KEY, ${declared.join(', ')}) CHARACTER SET utf8mb4`,
        )
        const schema = await bench.schema(table)
        const start = await bench.database.currentPosition()
        for (let id = 1; id <= rowsMax; id++) {
          const cells = columns.map(({ value }) => (random.next() < 0.06 ? 'NULL' : value(random)))
          const names = columns.flatMap(({ isGenerated }, i) => (isGenerated ? [] : [i]))
          await bench.run(
            `INSERT IGNORE INTO shop.${table.table} (id, ${names.map((i) => `c${i}`).join(', ')})
           VALUES (${id}, ${names.map((i) => cells[i]).join(', ')})`,
          )
        }
        await using reader = await bench.database.openTable(schema)
        const chunk = await reader.readChunk(undefined, { rowsMax: 100_000, bytesMax: 1 << 28 }, never)
        expect(chunk.schema).toBe(schema)
        expect(chunk.last).toBeUndefined()
        const log = await bench.database.openLog(start, {
          isSelected: ({ schema: name }) => name === 'shop',
          schemas: () => [schema],
        })
        const logged = (await readToEnd(log)).flatMap(insertedRow)
        await log.close()
        expect(logged.length).toBe(rowsMax)
        for (const [i, row] of logged.entries()) {
          for (const [at, column] of schema.columns.entries()) {
            const what = `row ${i + 1} ${column.name} ${column.type.native}`
            // Columns that are computed when they are read have no values in MySQL's or MariaDB's log.
            expect({ what, value: row[at] }).toEqual({ what, value: chunk.rows[i]?.[at] })
          }
        }
      },
      120_000,
    )
  })
}

function insertedRow(event: LogEvent) {
  return event.kind === 'row' && event.operation === 'insert' && event.after !== undefined
    ? [event.after]
    : []
}

function metadataMinimum({ name }: ServerKind): string {
  return name === 'MariaDB' ? 'NO_LOG' : 'MINIMAL'
}
