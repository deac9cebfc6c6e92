/**
 * What a query has put out, added up, is what DuckDB answers over the rows that are left: for random queries over random
 * changes (with NULLs, duplicates, updates and deletions), however the input is cut and also when the instance is stopped and
 * restored on the way. `MILLRACE_CASES=10000` is the nightly form; a failure prints its seed and the shrunk case, which is
 * then kept in found-cases.json.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { plainValue } from '../../cases/expectation.ts'
import { bindFlinkProgram } from '../../changelog/binder/bind-flink-program.ts'
import { compileChangelog } from '../../changelog/compile-changelog.ts'
import type { ChangelogInstance } from '../../changelog/instance.ts'
import type { ChangelogProgram } from '../../changelog/plan.ts'
import type { Row } from '../../changelog/row.ts'
import { queryArbitrary, tableColumns, tableNames } from './query-arbitrary.ts'
import { type Change, changesArbitrary, rowsLeft } from './random-changes.ts'

const runs = Number(process.env.MILLRACE_CASES ?? 300)
let duckdb: DuckDBConnection
/** How many queries were compared, and how many of them had rows. */
const seen = { queries: 0, filled: 0 }

beforeAll(async () => {
  const settings = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false', threads: '1' }
  duckdb = await (await DuckDBInstance.create(':memory:', settings)).connect()
  const columns = Object.entries(tableColumns).map(([name, type]) => `${name} ${type}`)
  for (const table of tableNames) await duckdb.run(`CREATE TABLE ${table} (${columns.join(', ')})`)
})

test(`${runs} random queries answer as DuckDB does`, { timeout: 3_600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(queryArbitrary, changesArbitrary, fc.nat(40), async (query, changes, stopAt) => {
      await compare(query, changes, stopAt)
    }),
    { numRuns: runs },
  )
  // A generator whose queries are mostly empty would prove little.
  expect(seen.filled / seen.queries).toBeGreaterThan(0.4)
})

// The file is of our own making.
const found = JSON.parse(readFileSync(join(import.meta.dirname, 'found-cases.json'), 'utf8')) as {
  readonly why: string
  readonly query: string
  readonly changes: Change[]
}[]
test.each(found)('found before: $why', async ({ query, changes }) => {
  await compare(query, changes, Math.floor(changes.length / 2))
})

async function compare(query: string, changes: readonly Change[], stopAt: number): Promise<void> {
  const program = bind(query)
  const types = program.sinks[0]!.plan.schema.fields.map(({ type }) => type)
  const counts = new Map<string, number>()
  const note = (instance: ChangelogInstance) => {
    const { outputs, errors } = instance.take()
    expect(errors).toEqual([])
    for (const { rows, kinds } of outputs.values())
      for (const [i, row] of rows.entries()) {
        const text = JSON.stringify(types.map((type, c) => canonical(plainValue(row[c] ?? null, type))))
        counts.set(text, (counts.get(text) ?? 0) + (kinds[i] === 0 || kinds[i] === 2 ? 1 : -1))
        // Nothing is taken back that was not put out.
        expect(counts.get(text), text).toBeGreaterThanOrEqual(0)
      }
  }
  let instance = compileChangelog(program, { now: 0 })
  instance.start()
  for (const [i, { table, row, kind }] of changes.entries()) {
    if (program.sources.includes(table)) instance.push(table, row, kind, { record: i, shard: '0' })
    note(instance)
    if (i !== stopAt || kind === 1) continue
    const next = compileChangelog(program, { now: 0 })
    for (const operator of instance.operators)
      for (const blob of instance.snapshot(operator)) next.restore(operator, blob)
    instance = next
  }
  for (const source of program.sources) instance.finish(source)
  note(instance)
  const ours = [...counts].flatMap(([text, count]) => new Array<string>(count).fill(text)).sort()
  const theirs = await answer(query, changes)
  seen.queries++
  if (theirs.length > 0) seen.filled++
  expect(ours, query).toEqual(theirs)
}

function bind(query: string): ChangelogProgram {
  const columns = Object.entries(tableColumns).map(([name, type]) => `${name} ${type}`)
  const tables = tableNames.map(
    (name) =>
      `CREATE TABLE ${name} (${columns.join(', ')}) WITH ('connector' = 'memory', 'changelog-mode' = 'all');`,
  )
  const { program, diagnostics } = bindFlinkProgram({
    text: `${tables.join('\n')}\n${query};`,
    fileName: 'q.sql',
  })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (program === undefined)
    throw new Error(`${query}\n${errors.map(({ code, message }) => `${code} ${message}`).join('\n')}`)
  return program
}

async function answer(query: string, changes: readonly Change[]): Promise<string[]> {
  for (const table of tableNames) {
    await duckdb.run(`DELETE FROM ${table}`)
    const rows = rowsLeft(changes, table)
    if (rows.length > 0) await duckdb.run(`INSERT INTO ${table} VALUES ${rows.map(literalRow).join(', ')}`)
  }
  const result = await duckdb.runAndReadAll(query)
  return result
    .getRowsJson()
    .map((row) => JSON.stringify(row.map(canonical)))
    .sort()
}

function literalRow([id, k, n, d, s, f]: Row): string {
  const decimal = d === null ? 'NULL' : `${d}::DECIMAL(12, 2) / 100`
  const text = s === null ? 'NULL' : `'${String(s).replaceAll("'", "''")}'`
  return `(${id}, ${k}, ${n}, ${decimal}, ${text}, ${f})`
}

/** Numbers by value, whatever their type and scale. */
function canonical(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'number' && !(typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))) return value
  const text = String(value)
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '').replace(/^-0$/, '0') : text
}
