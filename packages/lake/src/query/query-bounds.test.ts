/** What a statement may not do, whatever its text: write, hide what it reads, work without end, or keep others from working. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { QueryBook, recordedQuery } from './query-book.ts'
import { refusedFunctions } from './table-functions.ts'
import { answer, type LakeKit, lakeKit, lakeTable, refusal } from './testing/lake-kit.ts'
import { TimeBudget } from './time-budget.ts'

async function withOrders(services: Parameters<typeof lakeKit>[0] = {}): Promise<LakeKit> {
  const kit = await lakeKit(services)
  kit.catalog.write((writer) => writer.putTable(lakeTable({ format: 'json', kind: 'external' })))
  kit.writeText('orders/a.json', '{"id":1,"name":"a"}\n{"id":2,"name":"b"}\n')
  return kit
}

const seen = [
  'duckdb_approx_database_count duckdb_columns duckdb_connection_count duckdb_constraints duckdb_coordinate_systems duckdb_databases',
  'duckdb_dependencies duckdb_extensions duckdb_external_file_cache duckdb_functions duckdb_indexes duckdb_keywords duckdb_log_contexts',
  'duckdb_logs duckdb_memory duckdb_optimizers duckdb_prepared_statements duckdb_schemas duckdb_secret_types duckdb_secrets',
  'duckdb_sequences duckdb_settings duckdb_table_sample duckdb_tables duckdb_temporary_files duckdb_types duckdb_variables duckdb_views',
  'generate_series glob icu_calendar_names json_each json_tree parquet_bloom_probe parquet_file_metadata parquet_full_metadata',
  'parquet_kv_metadata parquet_metadata parquet_scan parquet_schema pg_timezone_names pragma_collations pragma_database_size',
  'pragma_metadata_info pragma_platform pragma_show pragma_storage_info pragma_table_info pragma_user_agent pragma_version range read_blob',
  'read_csv read_csv_auto read_json read_json_auto read_json_objects read_json_objects_auto read_ndjson read_ndjson_auto',
  'read_ndjson_objects read_parquet read_text repeat repeat_row sniff_csv sql_auto_complete summary test_all_types test_vector_types',
  'unnest which_secret',
].flatMap((line) => line.split(' '))

test('every table function of this DuckDB was looked at: it only reads, or is refused', async () => {
  const kit = await lakeKit()
  const reader = await kit.duck.runAndReadAll(
    "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'table' ORDER BY 1",
  )
  const names = reader.getRows().map(String)
  expect(names.length).toBeGreaterThan(50)
  expect(names.filter((name) => !refusedFunctions.has(name) && !seen.includes(name))).toEqual([])
})

test('a query writes nothing, into granted folders neither, and runs no text as a statement', async () => {
  const kit = await withOrders()
  const folder = join(kit.dir, 'granted')
  mkdirSync(folder)
  const query = kit.open({ folders: [folder] })
  const log = `enable_logging(storage = 'file', storage_config = {'path': '${folder}/log'})`
  const statements = [
    `SELECT * FROM ${log}`,
    `FROM ${log}`,
    `SELECT (SELECT count(*) FROM ${log})`,
    `WITH a AS (FROM ${log}) SELECT * FROM a`,
    `FROM "ENABLE_LOGGING"(storage = 'file')`,
    `PIVOT (SELECT 1 AS k, * FROM ${log}) ON k USING count(*)`,
    `EXPLAIN ANALYZE SELECT * FROM ${log}`,
    `SELECT * FROM enable_profiling(format = 'json', save_location = '${folder}/profile.json')`,
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('orders')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 2'))",
    'SELECT * FROM arrow_scan_dumb(1, 2, 3)',
  ]
  for (const sql of statements)
    expect(await refusal(answer(query, sql)), sql).toMatchObject({ code: 'LAKE_QUERY_REFUSED' })
  kit.catalog.write((writer) =>
    writer.putView({ database: 'default', name: 'logged', sql: `SELECT * FROM ${log}` }),
  )
  expect(await refusal(answer(query, 'FROM logged'))).toMatchObject({ code: 'LAKE_QUERY_REFUSED' })
  expect(readdirSync(folder)).toEqual([])
})

test('a text is read in a time that grows with its length', async () => {
  const { query } = await lakeKit()
  const comments = '/**/'.repeat(200)
  expect((await answer(query, `${comments}EXPLAIN/**/SELECT 1`)).columns.length).toBe(2)
  expect(
    (await answer(query, `${comments}EXPLAIN ${comments}(ANALYZE, FORMAT JSON) ${comments}SELECT 1`)).rows
      .length,
  ).toBe(1)
  expect((await answer(query, 'EXPLAIN (SELECT 1)')).rows.length).toBe(1)
  expect((await answer(query, `SELECT 1${' '.repeat(200_000)}AS a`)).rows).toEqual([['1']])
  expect(await refusal(answer(query, '/*'.repeat(100_000)))).toMatchObject({ code: 'LAKE_QUERY_INVALID' })
  expect(await refusal(answer(query, `SELECT ${'1,'.repeat(200_000)}1`))).toMatchObject({
    code: 'LAKE_QUERY_LIMIT',
  })
}, 60_000)

test('a statement that its WITH clauses make larger and larger is refused before it is planned', async () => {
  const { query } = await lakeKit()
  const doubled = (levels: number, hint = ''): string =>
    `WITH a0 AS ${hint}(SELECT 1 AS x)${Array.from(
      { length: levels },
      (_, i) => `, a${i + 1} AS ${hint}(FROM a${i} UNION ALL FROM a${i})`,
    ).join('')} SELECT count(*) FROM a${levels}`
  expect((await answer(query, doubled(5))).rows).toEqual([['32']])
  for (const hint of ['', 'NOT MATERIALIZED '])
    expect(await refusal(answer(query, doubled(24, hint)))).toMatchObject({ code: 'LAKE_QUERY_LIMIT' })
})

test('a result that is let go before its first row leaves its turn, recorded or not', async () => {
  const kit = await withOrders({ limits: { atOnce: 1 } })
  const recorded = recordedQuery(kit.query, new QueryBook(kit.dir), kit.clock)
  for (const query of [kit.query, recorded]) {
    const { rows } = await query.run('SELECT * FROM orders')
    await rows[Symbol.asyncIterator]().return?.()
  }
  expect((await answer(kit.query, 'SELECT count(*) FROM orders')).rows).toEqual([['2']])
  expect(await new QueryBook(kit.dir).history(5)).toMatchObject([{ sql: 'SELECT * FROM orders', rows: 0 }])
})

test('who waits for a turn that nobody ends is told', async () => {
  const kit = await withOrders({ limits: { atOnce: 1, timeoutMs: 1_000 } })
  const { rows } = await kit.query.run('SELECT * FROM orders')
  const waiting = refusal(answer(kit.query, 'SELECT 1'))
  await kit.clock.advance(1_001)
  expect(await waiting).toMatchObject({ code: 'LAKE_QUERY_LIMIT' })
  await rows[Symbol.asyncIterator]().return?.()
  expect((await answer(kit.query, 'SELECT 1')).rows).toEqual([['1']])
})

test('queries that spill at the same time neither meet nor see each other', async () => {
  const kit = await lakeKit()
  const spillDir = join(kit.dir, 'spill')
  const query = kit.open({ spillDir, limits: { memoryBytes: 64 * 2 ** 20 } })
  const sql =
    'SELECT count(*), sum(h) FROM (SELECT hash(i) % 1000003 AS h FROM (SELECT i FROM range(4000000) r(i) ORDER BY hash(i * 7)) ORDER BY h)'
  const alone = await answer(query, sql)
  const [a, b, seen] = await Promise.all([
    answer(query, sql),
    answer(query, sql),
    refusal(answer(query, `SELECT * FROM glob('${spillDir}/**')`)),
  ])
  expect([a.rows, b.rows]).toEqual([alone.rows, alone.rows])
  expect(seen.code).toBe('LAKE_QUERY_REFUSED')
  await query.close()
  expect(existsSync(spillDir) ? readdirSync(spillDir) : []).toEqual([])
}, 120_000)

test('time that is over between two statements of a step ends the second', async () => {
  const clock = new VirtualClock()
  let end: ((error: Error) => void) | undefined
  const budget = new TimeBudget({
    clock,
    limitMs: 100,
    signal: undefined,
    interrupt: () => end?.(new Error('interrupted')),
  })
  const spent = refusal(
    budget.spend(async () => {
      // The first took all the time, and nothing could be interrupted.
      await clock.sleep(101)
      await new Promise((_, reject) => {
        end = reject
      })
    }),
  )
  await clock.advance(101)
  await clock.advance(1_000)
  expect(await spent).toMatchObject({ code: 'LAKE_QUERY_LIMIT' })
})

test('a step that was interrupted gives no result, also where DuckDB only says that its rows have ended', async () => {
  const clock = new VirtualClock()
  const abort = new AbortController()
  let end: ((chunk: null) => void) | undefined
  const budget = (signal: AbortSignal | undefined) =>
    new TimeBudget({ clock, limitMs: 100, signal, interrupt: () => end?.(null) })
  // What fetchChunk does when an interrupt meets a stream between two of its tasks: no error, as if it were whole.
  const fetchChunk = () =>
    new Promise<null>((resolve) => {
      end = resolve
    })
  const late = refusal(budget(undefined).spend(fetchChunk))
  await clock.advance(101)
  expect(await late).toMatchObject({ code: 'LAKE_QUERY_LIMIT' })
  const cancelled = budget(abort.signal).spend(fetchChunk)
  abort.abort(new Error('cancelled'))
  await expect(cancelled).rejects.toThrow('cancelled')
})
