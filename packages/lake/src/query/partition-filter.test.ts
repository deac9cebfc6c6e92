import { expect, test } from 'vitest'
import { openDuck } from '../duck/open-duck.ts'
import { volatileFunctions } from './partition-filter.ts'

test('functions that answer differently from call to call are those that DuckDB says are volatile', async () => {
  const duck = await openDuck({ memoryBytes: 2 ** 28, threads: 1, folders: [] })
  const connection = await duck.connect()
  const reader = await connection.runAndReadAll(
    "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability = 'VOLATILE' ORDER BY 1",
  )
  expect(reader.getRows().map(([name]) => name)).toEqual([...volatileFunctions].sort())
  connection.closeSync()
  duck.close()
})
