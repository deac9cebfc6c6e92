/**
 * A third reader of Parquet, Apache Arrow's for Python, over random files: `pip install pyarrow`, see .ci/run. Without it the test is
 * skipped, but not in a nightly run.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatDecimal, narrow, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { openDuck } from '../duck/open-duck.ts'
import type { LakeType } from '../schema/lake-type.ts'
import { openParquetWriter } from './open-parquet-writer.ts'
import { scaledDigits } from './testing/expected-values.ts'
import { RandomRows } from './testing/random-schema.ts'

const python = process.env.MILLRACE_PYTHON ?? 'python3'
const script = fileURLToPath(new URL('./testing/read_parquet.py', import.meta.url))
const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const isThere = spawnSync(python, ['-c', 'import pyarrow.parquet']).status === 0
const seed = process.env.PARQUET_SEED ?? '31'

/** The value as the script prints it. */
function printed(type: LakeType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'boolean':
    case 'string':
      return value
    case 'float':
    case 'double':
      return Number(value)
    case 'decimal':
      return formatDecimal(narrow(scaledDigits(String(value), type.scale)), type.scale)
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex')
    case 'list':
      return (value as unknown[]).map((element) => printed(type.element, element))
    case 'map':
      return (value as [unknown, unknown][]).map(([key, other]) => [
        printed(type.key, key),
        printed(type.value, other),
      ])
    case 'struct':
      return type.fields.map((field, i) => printed(field.type, (value as unknown[])[i]))
    default:
      return String(value)
  }
}

/** Floats come as Python prints them; as numbers they are the same in both languages. */
function comparable(type: LakeType, value: unknown): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'float':
    case 'double':
      return Number(value)
    case 'list':
      return (value as unknown[]).map((element) => comparable(type.element, element))
    case 'map':
      return (value as [unknown, unknown][]).map(([key, other]) => [key, comparable(type.value, other)])
    case 'struct':
      return type.fields.map((field, i) => comparable(field.type, (value as unknown[])[i]))
    default:
      return value
  }
}

test.skipIf(!isThere && !isNightly)(
  `pyarrow reads every value and the statistics${isThere ? '' : `; ${python} lacks pyarrow`} (seed ${seed})`,
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-pyarrow-'))
    const duck = await openDuck({ memoryBytes: 512 * 1024 * 1024, threads: 1, folders: [dir] })
    const writer = await openParquetWriter({ duck })
    const make = new RandomRows(seededRandom(seed))
    try {
      for (let round = 0; round < (isNightly ? 100 : 10); round++) {
        const schema = make.schema()
        const rows = Array.from({ length: make.pick([0, 1, 300, 2500]) }, () => make.row(schema))
        const collected = writer.rows(schema)
        for (const row of rows) collected.add(row)
        const file = await collected.write(join(dir, 'random.parquet'), {
          compression: make.pick(['SNAPPY', 'GZIP', 'ZSTD', 'UNCOMPRESSED'] as const),
          version: make.pick(['V1', 'V2'] as const),
          dictionary: make.below(2) === 0,
          rowGroupRows: make.pick([2048, 1e6]),
        })
        const label = `seed ${seed}, round ${round}, ${JSON.stringify(schema)}`
        const run = spawnSync(python, [script, file.path], { maxBuffer: 1 << 30 })
        expect(run.stderr.toString(), label).toBe('')
        // The script above prints this shape.
        const theirs = JSON.parse(run.stdout.toString()) as {
          rows: unknown[][]
          statistics: Record<string, [number, unknown, unknown][]>
        }
        expect(
          theirs.rows.map((row) => schema.columns.map((column, i) => comparable(column.type, row[i]))),
          label,
        ).toEqual(rows.map((row) => schema.columns.map((column, i) => printed(column.type, row[i]))))
        for (const { name, type } of schema.columns) {
          if (rows.length === 0 || !['int', 'long', 'string', 'decimal'].includes(type.kind)) continue
          const groups = theirs.statistics[name]
          const nulls = groups?.reduce((sum, [count]) => sum + count, 0)
          expect(nulls, `${label}: ${name}`).toBe(file.columns.get(name)?.nulls)
          if (groups?.length !== 1 || groups[0]?.[1] === 'unread') continue
          const [[, low, high]] = groups as [[number, unknown, unknown]]
          expect([low, high], `${label}: ${name}`).toEqual([
            file.columns.get(name)?.min ?? null,
            file.columns.get(name)?.max ?? null,
          ])
        }
      }
    } finally {
      writer.close()
      duck.close()
      rmSync(dir, { recursive: true })
    }
  },
  600_000,
)
