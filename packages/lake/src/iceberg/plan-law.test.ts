/**
 * Our own planning beside the model: rows of the planned files without those that their delete files name are the table's rows, and a
 * predicate never leaves out a file that holds a row it is true of. DuckDB reads the files.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Random, seededRandom } from '@millrace/values'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Duck } from '../duck/duck-port.ts'
import { literal, openDuck } from '../duck/open-duck.ts'
import { compareSingleValues } from './format/single-value.ts'
import { valueOfPlain } from './format/value-text.ts'
import type { ScanPlan, ScanPredicate } from './table-port.ts'
import { pick, randomValue } from './testing/random-columns.ts'
import { seedsFrom } from './testing/read-histories.ts'
import { TableWorld } from './testing/table-world.ts'

const seeds = seedsFrom(
  Number(process.env.ICEBERG_SEED ?? '7001'),
  process.env.MILLRACE_NIGHTLY === undefined ? 6 : 80,
)
const folder = mkdtempSync(join(tmpdir(), 'iceberg-plans-'))
let duck: Duck
let connection: DuckDBConnection
beforeAll(async () => {
  duck = await openDuck({ memoryBytes: 256 * 1024 * 1024, threads: 1, folders: [folder] })
  connection = await duck.connect()
})
afterAll(() => {
  connection.closeSync()
  duck.close()
  rmSync(folder, { recursive: true })
})

test.each(seeds)('plans hold the rows of the model (seed %i)', { timeout: 300_000 }, async (seed) => {
  const random = seededRandom(seed)
  const dir = join(folder, String(seed))
  const world = await TableWorld.open({ dir, random })
  try {
    let pruned = 0
    for (let i = 0; i < 30; i++) {
      await world.step()
      const done = `seed ${seed}, after ${world.steps.join(', ')}`
      expect(await idsOf(world, await world.table.plan()), done).toEqual(world.ids(() => true))
      for (let k = 0; k < 5; k++) {
        const { where, isTrue } = randomPredicate(world, random)
        const plan = await world.table.plan({ where })
        pruned += plan.skipped
        const found = new Set(await idsOf(world, plan))
        const lost = world.ids(isTrue).filter((id) => !found.has(id))
        const text = JSON.stringify(where, (_, value) => (typeof value === 'bigint' ? String(value) : value))
        expect(lost, `${text}, ${done}`).toEqual([])
      }
    }
    // The law would hold as well if nothing were ever left out.
    expect(pruned).toBeGreaterThan(0)
  } finally {
    await world.close()
    rmSync(dir, { recursive: true })
  }
})

async function idsOf(world: TableWorld, plan: ScanPlan): Promise<string[]> {
  const ids: string[] = []
  for (const { file, deletes } of plan.tasks) {
    const paths = deletes.map((each) => literal(world.pathOf(each.path)))
    const gone =
      paths.length === 0
        ? ''
        : `WHERE file_row_number NOT IN (SELECT pos FROM read_parquet([${paths.join(', ')}]) WHERE file_path = ${literal(file.path)})`
    const sql = `SELECT id::VARCHAR AS id FROM read_parquet(${literal(world.pathOf(file.path))}, file_row_number = true) ${gone}`
    const result = await connection.runAndReadAll(sql)
    for (const row of result.getRowsJson()) ids.push(String(row[0]))
  }
  return ids.sort()
}

function randomPredicate(world: TableWorld, random: Random) {
  const columns = world.table.schema.columns.filter(
    ({ type }) => !['list', 'map', 'struct'].includes(type.kind),
  )
  const column = pick(random, columns)
  const { type } = column
  // Proven by the filter: single values only.
  const singleType = type as Parameters<typeof valueOfPlain>[0]
  const single = (value: unknown) =>
    valueOfPlain(singleType, typeof value === 'number' && type.kind === 'long' ? BigInt(value) : value)
  const sample = () => {
    const value = random.below(2) === 0 ? world.sample(column) : randomValue(type, random, true)
    return single(value) ?? single(randomValue(type, random, true))!
  }
  const kind = random.below(6)
  if (kind === 0) {
    const where: ScanPredicate = { kind: random.below(2) === 0 ? 'null' : 'not-null', column: column.name }
    return {
      where,
      isTrue: (row: ReadonlyMap<number, unknown>) =>
        ((row.get(column.fieldId!) ?? null) === null) === (where.kind === 'null'),
    }
  }
  const values = kind === 1 ? [sample(), sample()] : [sample()]
  const operator = kind === 1 ? '=' : pick(random, ['=', '!=', '<', '<=', '>', '>='] as const)
  const where: ScanPredicate =
    kind === 1
      ? { kind: 'in', column: column.name, values }
      : { kind: 'compare', column: column.name, operator, value: values[0]! }
  const isTrue = (row: ReadonlyMap<number, unknown>) => {
    const value = single(row.get(column.fieldId!) ?? null)
    if (value === null) return false
    return values.some((each) => {
      // In SQL 0 and -0 are the same.
      const order = value === 0 && each === 0 ? 0 : compareSingleValues(value, each)
      return {
        '=': order === 0,
        '!=': order !== 0,
        '<': order < 0,
        '<=': order <= 0,
        '>': order > 0,
        '>=': order >= 0,
      }[operator]
    })
  }
  return { where, isTrue }
}
