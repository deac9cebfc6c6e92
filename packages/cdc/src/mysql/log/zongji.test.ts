/** The same log read by zongji, a binlog reader of other people: same changes in the same order, same values. */
import { seededRandom } from '@millrace/values'
import ZongJi from '@vlasky/zongji'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Row } from '../../model/column-value.ts'
import type { LogEvent } from '../../model/log-event.ts'
import { findMariaDb, privateMariaDb } from '../../servers/private-mariadb.ts'
import { parseMysqlUrl } from '../connection/mysql-address.ts'
import type { MysqlPosition } from './mysql-position.ts'
import { LogBench } from './testing/log-bench.ts'
import { commonColumns, mariadbColumns } from './testing/random-columns.ts'

const seed = Number(process.env.MILLRACE_SEED ?? 20261121)
const isNightly = process.env.MILLRACE_NIGHTLY !== undefined

type Values = { readonly [column: string]: unknown }
type Image = readonly unknown[] | null
type Change = readonly [operation: string, before: Image, after: Image]

interface ZongJiEvent {
  readonly rows?: readonly (Values | { readonly before: Values; readonly after: Values })[]
  getTypeName(): string
}

/**
 * Left out is what it gives in another form (geometries as objects; uuid and addresses as bytes) and what it reads otherwise than the
 * server shows it, by which `type-matrix.test.ts` goes: TIME below zero with whole minutes (`-20:40:64`), the year 0, sjis.
 */
const isLeftOut = /^(?:GEOMETRY|UUID|INET|TIME\b|YEAR|LONGTEXT)/
const columns = [...commonColumns, ...mariadbColumns].filter(({ type }) => !isLeftOut.test(type))

/** One form for what both mean: digits of numbers, hexadecimal of bytes. */
function normal(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value).toString('hex')
    const bits = /^BIT\((\d+)\)$/.exec(type)
    return bits === null ? hex : BigInt(`0x${hex}`).toString(2).padStart(Number(bits[1]), '0')
  }
  return value
}

describe.skipIf((await findMariaDb()) === undefined)(`beside zongji (seed ${seed})`, () => {
  let bench: LogBench
  beforeAll(async () => {
    bench = await LogBench.open(await privateMariaDb())
    await bench.run('CREATE DATABASE z')
  }, 60_000)
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]()
    await bench?.server[Symbol.asyncDispose]()
  })

  function readByZongji(start: MysqlPosition, changes: number): Promise<Change[]> {
    const { host, port, user, password } = parseMysqlUrl(bench.server.url)
    // Its types say nothing of what it takes of mysql2's options.
    const zongji = new ZongJi({ host, port, user, password, dateStrings: true, timezone: 'Z' } as object)
    const given: Change[] = []
    return new Promise((resolve, reject) => {
      zongji.on('error', reject)
      zongji.on('binlog', (event: ZongJiEvent) => {
        for (const values of event.rows ?? []) {
          const operation = event.getTypeName().replace('Rows', '').replace('Write', 'Insert').toLowerCase()
          const isUpdate = operation === 'update'
          given.push([
            operation,
            isUpdate
              ? normalRow(values.before as Values)
              : operation === 'delete'
                ? normalRow(values as Values)
                : null,
            isUpdate
              ? normalRow(values.after as Values)
              : operation === 'insert'
                ? normalRow(values as Values)
                : null,
          ])
        }
        if (given.length < changes) return
        zongji.removeAllListeners()
        zongji.on('error', () => {})
        zongji.stop()
        resolve(given)
      })
      zongji.start({ serverId: 4242, filename: start.file, position: start.offset })
    })
  }

  const normalRow = (row: Values) => columns.map(({ name, type }) => normal(row[name], type))

  it('says the same of random inserts, updates and deletes of every type', async () => {
    const random = seededRandom(seed)
    await bench.run(
      `CREATE TABLE z.t (id INT PRIMARY KEY, ${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`,
    )
    const start = await bench.position()
    const value = (literal: (typeof columns)[number]['literal']) =>
      random.below(6) === 0 ? 'NULL' : literal(random)
    const count = isNightly ? 400 : 25
    for (let id = 0; id < count; id++) {
      await bench.run(
        `INSERT IGNORE INTO z.t VALUES (${id}, ${columns.map(({ literal }) => value(literal)).join(', ')})`,
      )
      const column = columns[random.below(columns.length)]!
      await bench.run(
        `UPDATE IGNORE z.t SET ${column.name} = ${value(column.literal)} WHERE id >= ${random.below(id + 1)}`,
      )
      if (random.below(5) === 0) await bench.run(`DELETE FROM z.t WHERE id = ${random.below(id + 1)}`)
    }
    const ours = (await bench.readAll(start)).map((event: LogEvent): Change => {
      if (event.kind !== 'row') throw new Error(`an event of kind ${event.kind} is not expected`)
      const image = (row: Row | undefined): Image =>
        row === undefined ? null : columns.map(({ type }, i) => normal(row[i + 1], type))
      return [event.operation, image(event.before), image(event.after)]
    })
    expect(ours.length).toBeGreaterThan(count)
    const theirs = await readByZongji(start, ours.length)
    expect(theirs.map(([operation]) => operation)).toEqual(ours.map(([operation]) => operation))
    // The first value of each type that differs.
    const different: { [type: string]: unknown } = {}
    for (const [i, change] of ours.entries()) {
      for (const image of [1, 2] as const) {
        expect(theirs[i]![image] === null).toBe(change[image] === null)
        for (const [c, value] of (change[image] ?? []).entries()) {
          const their = theirs[i]![image]![c]
          if (their !== value) different[columns[c]!.type] ??= { ours: value, theirs: their }
        }
      }
    }
    expect(different).toEqual({})
  }, 120_000)
})
