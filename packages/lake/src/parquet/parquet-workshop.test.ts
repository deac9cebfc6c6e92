import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openParquetWorkshop } from './parquet-workshop.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-workshop-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const schema = { columns: [{ name: 'n', type: { kind: 'long' } }] } as const

test('a workshop touches its folder with the first write, clears what an earlier run has left, and writes at its paths', async () => {
  const place = join(dir, 'deep', 'parquet')
  const workshop = openParquetWorkshop({ dir: place })
  const rows = workshop.rows(schema)
  rows.add([7n])
  expect(existsSync(place)).toBe(false)
  const [one, two] = [workshop.path(), workshop.path()]
  expect(one).not.toBe(two)
  const file = await rows.write(two, { compression: 'ZSTD' })
  expect(await parquetReadObjects({ file: await asyncBufferFromFile(file.path), compressors })).toEqual([
    { n: 7n },
  ])
  workshop.close()

  const later = openParquetWorkshop({ dir: place })
  writeFileSync(join(place, 'not-ours.txt'), 'x')
  const others = later.rows(schema)
  others.add([8])
  const path = later.path()
  await others.write(path, { compression: 'SNAPPY' })
  expect(readdirSync(place).sort()).toEqual([path.slice(place.length + 1), 'not-ours.txt'].sort())
  later.close()
})

test('a write after a failed opening opens again, and the rows are still there', async () => {
  const place = join(dir, 'taken')
  writeFileSync(place, 'a file where the folder should be')
  const workshop = openParquetWorkshop({ dir: place })
  const rows = workshop.rows(schema)
  rows.add([1])
  await expect(rows.write(workshop.path(), { compression: 'SNAPPY' })).rejects.toThrow('EEXIST')
  rmSync(place)
  const file = await rows.write(workshop.path(), { compression: 'SNAPPY' })
  expect(file.rows).toBe(1)
  workshop.close()
})
