import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@millrace/values'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Duck } from '../duck/duck-port.ts'
import { literal, openDuck } from '../duck/open-duck.ts'
import { duckName } from '../schema/duck-type.ts'
import { formatHiveType } from '../schema/hive-type.ts'
import type { LakeSchema, LakeType } from '../schema/lake-type.ts'
import { openParquetWriter, type ParquetWriter } from './open-parquet-writer.ts'
import type { ParquetFile, ParquetOptions } from './parquet-port.ts'
import {
  duckText,
  exactParsers,
  hyparquetValue,
  plainValue,
  withoutDecimals,
} from './testing/expected-values.ts'
import { RandomRows } from './testing/random-schema.ts'

let dir: string
let duck: Duck
let writer: ParquetWriter
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-parquet-'))
  duck = await openDuck({ memoryBytes: 512 * 1024 * 1024, threads: 1, folders: [dir] })
  writer = await openParquetWriter({ duck })
})
afterAll(() => {
  writer.close()
  duck.close()
  rmSync(dir, { recursive: true })
})

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const connection = await duck.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
  }
}

async function writeRows(
  schema: LakeSchema,
  rows: readonly (readonly unknown[])[],
  name: string,
  options: ParquetOptions = { compression: 'SNAPPY' },
): Promise<ParquetFile> {
  const collected = writer.rows(schema)
  for (const row of rows) collected.add(row)
  expect(collected.count).toBe(rows.length)
  const file = await collected.write(join(dir, name), options)
  expect(collected.count).toBe(0)
  return file
}

/** The rows by the second reader, in our plain form. */
async function readByHyparquet(path: string, schema: LakeSchema): Promise<unknown[][]> {
  const file = await asyncBufferFromFile(path)
  const metadata = withoutDecimals(await parquetMetadataAsync(file))
  const rows = await parquetReadObjects({ file, metadata, compressors, utf8: false, parsers: exactParsers })
  return rows.map((row) => schema.columns.map((column) => hyparquetValue(column.type, row[column.name])))
}

const compressions = ['SNAPPY', 'GZIP', 'ZSTD', 'UNCOMPRESSED'] as const

describe('files of random schemas and rows', () => {
  const seed = process.env.PARQUET_SEED ?? '2210'
  const rounds = process.env.MILLRACE_NIGHTLY === undefined ? 60 : 1500
  test(`two readers give back every value, and statistics are those of the rows (seed ${seed})`, async () => {
    const random = seededRandom(seed)
    const make = new RandomRows(random)
    for (let round = 0; round < rounds; round++) {
      const schema = make.schema()
      const count = make.pick([0, 1, 5, 63, 64, 65, 200, 2047, 2048, 2049, 5000])
      const rows = Array.from({ length: round % 8 === 0 ? count : Math.min(count, 200) }, () =>
        make.row(schema),
      )
      const options: ParquetOptions = {
        compression: make.pick(compressions),
        version: make.pick(['V1', 'V2'] as const),
        dictionary: make.below(2) === 0,
        rowGroupRows: make.pick([1, 2048, 4096, 1e6]),
      }
      const label = `seed ${seed}, round ${round}, ${JSON.stringify(options)}, ${JSON.stringify(schema)}`
      const file = await writeRows(schema, rows, 'random.parquet', options)
      expect(file.rows, label).toBe(rows.length)
      expect(file.bytes, label).toBe(statSync(file.path).size)

      const expected = rows.map((row) => schema.columns.map((column, i) => plainValue(column.type, row[i])))
      expect(await readByHyparquet(file.path, schema), label).toEqual(expected)

      const names = schema.columns.map((column) => `${duckName(column.name)}::VARCHAR`).join(', ')
      const texts = await query(`SELECT [${names}] AS r FROM ${literal(file.path)}`)
      const wanted = await query(
        rows.length === 0
          ? 'SELECT 1 WHERE false'
          : `SELECT [${schema.columns.map((_, i) => `c${i}::VARCHAR`).join(', ')}] AS r FROM (VALUES ${rows
              .map(
                (row) => `(${schema.columns.map((column, i) => duckText(column.type, row[i])).join(', ')})`,
              )
              .join(', ')}) AS t(${schema.columns.map((_, i) => `c${i}`).join(', ')})`,
      )
      expect(texts, label).toEqual(wanted)
      await checkStatistics(file, schema, label)
    }
  }, 600_000)

  /** Against minimum, maximum and count of nulls as SQL computes them over the file. */
  async function checkStatistics(file: ParquetFile, schema: LakeSchema, label: string): Promise<void> {
    if (file.rows === 0) return
    for (const { name, type } of schema.columns) {
      if (type.kind === 'list' || type.kind === 'map' || type.kind === 'struct') continue
      const column = duckName(name)
      // DuckDB's text of a decimal whose digits are all behind the point lacks the zero before it.
      const text = (bound: string): string =>
        type.kind === 'decimal'
          ? `regexp_replace(${bound}(${column})::VARCHAR, '^(-?)\\.', '\\10.')`
          : `${bound}(${column})::VARCHAR`
      const [row] = await query(
        `SELECT ${text('min')} AS low, ${text('max')} AS high, (count(*) - count(${column}))::INTEGER AS nulls FROM ${literal(file.path)}`,
      )
      const statistics = file.columns.get(name)
      expect(statistics?.nulls, `${label}: ${name}`).toBe(row?.nulls)
      if (statistics?.min === undefined && statistics?.max === undefined) {
        // The writer says nothing of a column that is all NULL in one of the row groups.
        const [empty] = await query(
          `SELECT count(*)::INTEGER AS c FROM parquet_metadata(${literal(file.path)}) WHERE path_in_schema = ${literal(name)} AND stats_null_count = num_values`,
        )
        if (type.kind !== 'float' && type.kind !== 'double')
          expect(empty?.c, `${label}: ${name}`).toBeGreaterThan(0)
        continue
      }
      if (type.kind === 'binary' || type.kind === 'float' || type.kind === 'double') continue
      expect([statistics?.min ?? null, statistics?.max ?? null], `${label}: ${name}`).toEqual([
        row?.low,
        row?.high,
      ])
    }
  }
})

describe('a file', () => {
  const long: LakeSchema = { columns: [{ name: 'n', type: { kind: 'long' } }] }

  test('has the field ids of its schema at every level', async () => {
    const schema: LakeSchema = {
      columns: [
        { name: 'a', type: { kind: 'int' }, fieldId: 1 },
        { name: 'l', type: { kind: 'list', element: { kind: 'string' }, elementId: 3 }, fieldId: 2 },
        {
          name: 'm',
          type: {
            kind: 'map',
            key: { kind: 'string' },
            keyId: 5,
            value: { kind: 'struct', fields: [{ name: 'x', type: { kind: 'date' }, fieldId: 7 }] },
            valueId: 6,
          },
          fieldId: 4,
        },
      ],
    }
    const file = await writeRows(schema, [[1, ['x'], [['k', [3]]]]], 'ids.parquet')
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file.path))
    const ids = metadata.schema
      .filter((element) => element.field_id !== undefined)
      .map((element) => [element.name, element.field_id])
    expect(ids).toEqual([
      ['a', 1],
      ['l', 2],
      ['element', 3],
      ['m', 4],
      ['key', 5],
      ['value', 6],
      ['x', 7],
    ])
  })

  test('is cut in row groups of about the bytes asked for', async () => {
    const schema: LakeSchema = { columns: [{ name: 't', type: { kind: 'string' } }] }
    const rows = Array.from({ length: 20_000 }, (_, i) => [`${'x'.repeat(200)}${i}`])
    const file = await writeRows(schema, rows, 'groups.parquet', {
      compression: 'UNCOMPRESSED',
      rowGroupBytes: 1_000_000,
      dictionary: false,
    })
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file.path))
    for (const group of metadata.row_groups.slice(0, -1)) {
      expect(Number(group.total_byte_size)).toBeGreaterThan(500_000)
      expect(Number(group.total_byte_size)).toBeLessThan(1_500_000)
    }
  })

  test('has dictionaries unless they are switched off', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => [`value of the column ${i % 3}`])
    const schema: LakeSchema = { columns: [{ name: 't', type: { kind: 'string' } }] }
    const encodings = async (dictionary: boolean) => {
      const file = await writeRows(schema, rows, 'dictionary.parquet', {
        compression: 'UNCOMPRESSED',
        dictionary,
      })
      return (await query(`SELECT encodings FROM parquet_metadata(${literal(file.path)})`)).map(
        (row) => row.encodings,
      )
    }
    expect((await encodings(true)).join()).toContain('PLAIN_DICTIONARY')
    expect((await encodings(false)).join()).not.toContain('DICTIONARY')
  })

  test('keeps its rows when it cannot be written, and nothing is left at the path', async () => {
    const rows = writer.rows(long)
    rows.add([1])
    rows.add([2])
    await expect(
      rows.write(join(tmpdir(), 'millrace-not-granted', 'x.parquet'), { compression: 'SNAPPY' }),
    ).rejects.toMatchObject({ code: 'PARQUET_WRITE_FAILED' })
    rows.add([3])
    const file = await rows.write(join(dir, 'again.parquet'), { compression: 'SNAPPY' })
    expect(await query(`SELECT list(n) AS all FROM ${literal(file.path)}`)).toEqual([
      { all: ['1', '2', '3'] },
    ])
  })

  test('depends on its rows alone: two writes give the same bytes', async () => {
    const make = new RandomRows(seededRandom(5))
    const schema = make.schema()
    const rows = Array.from({ length: 300 }, () => make.row(schema))
    const files = [await writeRows(schema, rows, 'one.parquet'), await writeRows(schema, rows, 'two.parquet')]
    const [one, two] = files.map((file) => readFileSync(file.path))
    expect(one).toEqual(two)
  })

  test('may be written while others are', async () => {
    const files = await Promise.all(
      Array.from({ length: 8 }, (_, k) =>
        writeRows(
          long,
          Array.from({ length: 3000 }, (_, i) => [k * 10_000 + i]),
          `many-${k}.parquet`,
        ),
      ),
    )
    const sums = await Promise.all(
      files.map((file) => query(`SELECT sum(n)::VARCHAR AS s FROM ${literal(file.path)}`)),
    )
    expect(sums.map(([row]) => row?.s)).toEqual(
      Array.from({ length: 8 }, (_, k) => String(k * 30_000_000 + (2999 * 3000) / 2)),
    )
  })
})

describe('a value that does not suit its column', () => {
  const refused: readonly [LakeType, unknown][] = [
    [{ kind: 'boolean' }, 1],
    [{ kind: 'int' }, 2 ** 31],
    [{ kind: 'int' }, 1.5],
    [{ kind: 'long' }, 2n ** 63n],
    [{ kind: 'long' }, 2 ** 53],
    [{ kind: 'date' }, '2026-01-01'],
    [{ kind: 'time' }, -1],
    [{ kind: 'double' }, '1'],
    [{ kind: 'decimal', precision: 4, scale: 2 }, '123.45'],
    [{ kind: 'decimal', precision: 4, scale: 2 }, '1.234'],
    [{ kind: 'string' }, 7],
    [{ kind: 'binary' }, 'x'],
    [{ kind: 'list', element: { kind: 'int' } }, [1, 'x']],
    [
      { kind: 'map', key: { kind: 'string' }, value: { kind: 'int' } },
      [
        ['a', 1],
        ['a', 2],
      ],
    ],
    [{ kind: 'map', key: { kind: 'string' }, value: { kind: 'int' } }, [[null, 1]]],
    [{ kind: 'struct', fields: [{ name: 'a', type: { kind: 'int' } }] }, [1, 2]],
  ]
  test.each(
    refused.map(([type, value]) => ({
      type,
      value,
      name: `${formatHiveType(type)} refuses ${String(value)}`,
    })),
  )('$name, and the row leaves nothing behind', async ({ type, value }) => {
    const schema: LakeSchema = {
      columns: [
        { name: 'a', type: { kind: 'list', element: { kind: 'string' } } },
        { name: 'b', type },
      ],
    }
    const rows = writer.rows(schema)
    rows.add([['kept, and longer than a cell'], null])
    expect(() => rows.add([['not kept, and longer than a cell', null], value])).toThrow(
      expect.objectContaining({ code: 'PARQUET_VALUE_INVALID' }),
    )
    rows.add([['kept too, and longer than a cell'], null])
    const file = await rows.write(join(dir, 'refused.parquet'), { compression: 'SNAPPY' })
    expect(await query(`SELECT a, b FROM ${literal(file.path)}`)).toEqual([
      { a: ['kept, and longer than a cell'], b: null },
      { a: ['kept too, and longer than a cell'], b: null },
    ])
  })
})
