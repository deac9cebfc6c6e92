/** Random values of every type: what the log says of a row is what the server itself answers when it is asked for it. */
import { seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Row } from '../../model/column-value.ts'
import { findMariaDb, privateMariaDb } from '../../servers/private-mariadb.ts'
import { findMySql, privateMySql } from '../../servers/private-mysql.ts'
import { LogBench } from './testing/log-bench.ts'
import { commonColumns, mariadbColumns, mysqlColumns, type TestColumn } from './testing/random-columns.ts'

const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const seed = Number(process.env.MILLRACE_SEED ?? 20261121)
const rowsOfSetting = isNightly ? 1000 : 30

interface Setting {
  readonly name: string
  readonly statements: readonly string[]
  readonly columns?: (column: TestColumn) => boolean
}

const isTemporal = ({ type }: TestColumn) => /^(?:TIME|DATETIME|TIMESTAMP)/.test(type)

const mariadbSettings: readonly Setting[] = [
  { name: 'full metadata', statements: ["SET GLOBAL binlog_row_metadata = 'FULL'"] },
  { name: 'no metadata', statements: ["SET GLOBAL binlog_row_metadata = 'NO_LOG'"] },
  { name: 'minimal metadata', statements: ["SET GLOBAL binlog_row_metadata = 'MINIMAL'"] },
  {
    name: 'compressed events',
    statements: ['SET GLOBAL log_bin_compress = ON', 'SET GLOBAL log_bin_compress_min_len = 10'],
  },
  {
    name: 'times as MariaDB 5.3 wrote them',
    statements: ['SET GLOBAL log_bin_compress = OFF', 'SET GLOBAL mysql56_temporal_format = OFF'],
    columns: isTemporal,
  },
]

const mysqlSettings: readonly Setting[] = [
  { name: 'full metadata', statements: ["SET GLOBAL binlog_row_metadata = 'FULL'"] },
  { name: 'minimal metadata', statements: ["SET GLOBAL binlog_row_metadata = 'MINIMAL'"] },
  { name: 'compressed transactions', statements: ['SET SESSION binlog_transaction_compression = ON'] },
]

const kinds = [
  {
    name: 'MariaDB',
    isThere: (await findMariaDb()) !== undefined,
    start: privateMariaDb,
    columns: [...commonColumns, ...mariadbColumns],
    settings: mariadbSettings,
  },
  {
    name: 'MySQL',
    isThere: isNightly && (await findMySql()) !== undefined,
    start: privateMySql,
    columns: [...commonColumns, ...mysqlColumns],
    settings: mysqlSettings,
  },
]

describe.each(kinds)('values in the log of a $name', ({ isThere, start, columns, settings }) => {
  if (!isThere) {
    it.skip('is not installed here')
    return
  }
  let bench: LogBench
  beforeAll(async () => {
    bench = await LogBench.open(await start())
    await bench.run('CREATE DATABASE m')
  }, 120_000)
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]()
    await bench?.server[Symbol.asyncDispose]()
  })

  it.each(settings)(
    `are the server's own with $name (seed ${seed})`,
    async (setting) => {
      const random = seededRandom(`${seed} ${setting.name}`)
      const used = columns.filter((column) => setting.columns?.(column) ?? true)
      await bench.run(
        ...setting.statements,
        'DROP TABLE IF EXISTS m.t',
        `CREATE TABLE m.t (id INT PRIMARY KEY, ${used.map(({ name, type }) => `${name} ${type}`).join(', ')}) DEFAULT CHARSET utf8mb4`,
      )
      const start = await bench.position()
      const nulls = (): number => random.below(6)
      for (let id = 0; id < rowsOfSetting; id++) {
        const values = used.map(({ literal }) => (nulls() === 0 ? 'NULL' : literal(random)))
        await bench.run(`INSERT IGNORE INTO m.t VALUES (${id}, ${values.join(', ')})`)
      }
      const expected = await bench.session.texts(
        `SELECT id, ${used.map(({ name, select }) => select.replaceAll('%', name)).join(', ')} FROM m.t ORDER BY id`,
      )
      const rows: Row[] = []
      for (const event of await bench.readAll(start)) {
        if (event.kind === 'row' && event.after !== undefined) rows.push(event.after)
      }
      expect(rows).toHaveLength(rowsOfSetting)
      // The first value of each column that differs.
      const different: { [column: string]: unknown } = {}
      for (const [r, row] of rows.entries()) {
        for (const [c, { type, text }] of used.entries()) {
          const value = row[c + 1]
          const own = expected[r]![c + 1] ?? null
          const isNumber = /^(?:FLOAT|DOUBLE)/.test(type)
          const isEqual =
            value === null || value === undefined || own === null
              ? value === own
              : isNumber
                ? value === Number(own)
                : text(value) === own
          if (!isEqual) different[type] ??= { value, own }
        }
      }
      expect(different).toEqual({})
    },
    120_000,
  )
})
