/**
 * Keyed rows under random upserts, deletions, late versions, repeats, kills, compactions and changes of schema and partitions: the table,
 * as DuckDB reads it through scan plans and as icebird and (where Python has it) PyIceberg read it, is what a map of rows is, now and at
 * every snapshot.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Random } from '@millrace/values'
import { afterAll, afterEach, expect, test } from 'vitest'
import { duckName, duckTypeText } from '../../schema/duck-type.ts'
import type { LakeColumn } from '../../schema/lake-type.ts'
import type { IcebergSchema } from '../metadata.ts'
import type { IcebergTable } from '../table-port.ts'
import { OutsideReader } from '../testing/outside-reader.ts'
import { applyChanges } from './apply-changes.ts'
import { compactTable } from './compact-table.ts'
import { DyingStore, Killed } from './testing/dying-store.ts'
import { icebirdRows } from './testing/icebird-rows.ts'
import { openUpsertLake, type UpsertLake } from './testing/upsert-lake.ts'
import type { ChangeSource, UpsertOptions } from './upsert-options.ts'

const lakes: UpsertLake[] = []
afterEach(() => {
  for (const lake of lakes.splice(0)) lake.close()
})

const python = process.env.MILLRACE_PYTHON ?? 'python3'
const pyIceberg = openPyIceberg()
afterAll(() => pyIceberg?.close())

/** Continuous integration has it; readers.test.ts says where it is missing. */
function openPyIceberg(): OutsideReader | undefined {
  try {
    execFileSync(python, ['-c', 'import pyarrow, pyiceberg'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return new OutsideReader(python, [fileURLToPath(new URL('../testing/read_table.py', import.meta.url))])
}

const columns: readonly LakeColumn[] = [
  { name: 'id', type: { kind: 'long' }, isRequired: true },
  { name: 'item', type: { kind: 'string' }, isRequired: true },
  { name: 'at', type: { kind: 'int' } },
  { name: 'amount', type: { kind: 'long' } },
  { name: 'note', type: { kind: 'string' } },
]
const partitions = [
  [],
  [{ column: 'item', transform: 'identity' }],
  [
    { column: 'id', transform: 'bucket[3]' },
    { column: 'note', transform: 'truncate[1]' },
  ],
  [{ column: 'id', transform: 'truncate[4]' }],
]

/** Values as text by field id; what is not there is null. */
type Row = ReadonlyMap<number, string>
interface Change {
  readonly gone: boolean
  readonly key: string
  readonly row: Row
}

class Model {
  readonly rows = new Map<string, Row>()
  readonly atField: number
  readonly hasOrder: boolean

  constructor(atField: number, hasOrder: boolean) {
    this.atField = atField
    this.hasOrder = hasOrder
  }

  apply({ gone, key, row }: Change): void {
    const old = this.rows.get(key)?.get(this.atField)
    const at = row.get(this.atField)
    const isStale =
      this.hasOrder && old !== undefined && (at === undefined ? !gone : Number(at) < Number(old))
    if (isStale) return
    if (gone) this.rows.delete(key)
    else this.rows.set(key, row)
  }

  texts(schema: readonly LakeColumn[]): string[] {
    return [...this.rows.values()]
      .map((row) => schema.map(({ fieldId }) => row.get(fieldId ?? 0) ?? '~').join('|'))
      .sort()
  }
}

async function run(seed: string, steps: number) {
  const lake = await openUpsertLake(seed)
  lakes.push(lake)
  const { random } = lake
  const hasOrder = random.below(3) > 0
  const mode = random.below(2) === 0 ? 'merge-on-read' : 'copy-on-write'
  const table = await lake.create({
    schema: { columns },
    partitionBy: partitions[random.below(partitions.length)]!,
  })
  const model = new Model(table.schema.columns[2]!.fieldId!, hasOrder)
  const options = (id: string): UpsertOptions =>
    lake.options({
      key: ['id', 'item'],
      ...(hasOrder ? { precombine: 'at' } : {}),
      mode,
      commit: { writer: 'test', id },
    })
  const compaction = {
    duck: lake.duck,
    scratchDir: `${lake.scratchDir}/compact`,
    clock: lake.clock,
    filesMin: 2,
    deletedShareMax: 0.2,
    deleteFilesMax: 2,
    targetBytes: 1 << (10 + random.below(8)),
  }
  const history = new Map<number, { rows: readonly Row[] }>()
  const told: string[] = []
  let hasRenames = false
  let last: { source: ChangeSource; id: string } | undefined
  let commits = 0

  const batch = (): { source: ChangeSource; changes: readonly Change[]; id: string } => {
    const changes = Array.from({ length: 1 + random.below(25) }, () => makeChange(table, random))
    commits++
    return { source: sourceOf(table, changes), changes, id: `c${commits}` }
  }
  const check = async () => {
    await table.refresh()
    const place = `seed ${seed}: ${told.join(', ')}`
    expect(await lake.read(table), place).toEqual(model.texts(table.schema.columns))
    const snapshot = table.snapshot()
    if (snapshot !== undefined) history.set(snapshot['snapshot-id'], { rows: [...model.rows.values()] })
  }

  for (let step = 0; step < steps; step++) {
    const dice = random.below(20)
    if (dice < 9 || table.snapshot() === undefined) {
      const { source, changes, id } = batch()
      told.push(`${id} of ${changes.length}`)
      await applyChanges(table, source, options(id))
      for (const change of changes) model.apply(change)
      last = { source, id }
    } else if (dice < 10 && last !== undefined) {
      told.push(`${last.id} again`)
      await applyChanges(await lake.open(), last.source, options(last.id))
    } else if (dice < 13) {
      const { source, changes, id } = batch()
      const kill = { changes: 1 + random.below(10), after: random.below(2) === 0 }
      told.push(`${id} killed at ${kill.changes}${kill.after ? ' after' : ''}`)
      const dying = new DyingStore(lake.store, kill)
      try {
        await applyChanges(await lake.open(dying), source, options(id))
      } catch (error) {
        if (!dying.isDead) throw error
      }
      await table.refresh()
      await applyChanges(table, source, options(id))
      for (const change of changes) model.apply(change)
      last = { source, id }
    } else if (dice < 15) {
      told.push('compacted')
      await compactTable(table, compaction)
    } else if (dice < 16) {
      const dying = new DyingStore(lake.store, {
        changes: 1 + random.below(12),
        after: random.below(2) === 0,
      })
      told.push('compaction killed')
      try {
        await compactTable(await lake.open(dying), compaction)
      } catch (error) {
        if (!(error instanceof Killed) && !dying.isDead) throw error
      }
    } else if (dice < 17) {
      const { source, changes, id } = batch()
      told.push(`${id} beside a compaction`)
      await Promise.all([
        compactTable(await lake.open(), compaction),
        applyChanges(table, source, { ...options(id), attemptsMax: 50 }),
      ])
      for (const change of changes) model.apply(change)
      last = { source, id }
    } else if (dice < 18) {
      const name = `more${commits}_${step}`
      told.push(`+ ${name}`)
      await table.evolveSchema([{ kind: 'add', column: { name, type: { kind: 'int' } } }])
    } else if (dice < 19) {
      const column = table.schema.columns[3 + random.below(table.schema.columns.length - 3)]!
      const name = `renamed${step}`
      if (column.name === 'note') continue
      told.push(`${column.name} is ${name}`)
      hasRenames = true
      await table.evolveSchema([
        { kind: 'rename', column: column.name, name },
        ...(column.type.kind === 'int'
          ? [{ kind: 'widen' as const, column: name, type: { kind: 'long' as const } }]
          : []),
      ])
    } else {
      const by = partitions[random.below(partitions.length)]!
      told.push(`by ${JSON.stringify(by)}`)
      await table.evolvePartitions(by)
    }
    await check()
  }
  for (const [snapshotId, { rows }] of history) {
    const schemaId = table.metadata.snapshots.find((each) => each['snapshot-id'] === snapshotId)?.[
      'schema-id'
    ]
    const then = table.metadata.schemas.find((each) => each['schema-id'] === schemaId)!
    const shown = table.schema.columns.filter(({ fieldId }) => then.fields.some(({ id }) => id === fieldId))
    const expected = rows
      .map((row) => shown.map(({ fieldId }) => row.get(fieldId ?? 0) ?? '~').join('|'))
      .sort()
    const place = `snapshot ${snapshotId}, seed ${seed}: ${told.join(', ')}`
    if (pyIceberg !== undefined) {
      const path = fileURLToPath(table.loaded.metadataLocation)
      expect(await pyIceberg.read(path, snapshotId), `PyIceberg, ${place}`).toEqual(jsonRows(rows, then))
    }
    expect(await lake.read(table, { snapshotId }), place).toEqual(expected)
  }
  // icebird finds columns by today's names, so it is asked where none was renamed.
  if (!hasRenames && model.rows.size > 0) {
    const names = table.schema.columns.map(({ name }) => name)
    expect(await icebirdRows(table, names), `icebird, seed ${seed}: ${told.join(', ')}`).toEqual(
      model.texts(table.schema.columns),
    )
  }
}

/** In the form of read_table.py. */
function jsonRows(rows: readonly Row[], schema: IcebergSchema): string[] {
  return rows.map((row) => JSON.stringify(schema.fields.map(({ id }) => row.get(id) ?? null))).sort()
}

function makeChange(table: IcebergTable, random: Random): Change {
  const row = new Map<number, string>()
  const [id, item] = [String(random.below(12)), ['tea', 'cup', "o'x"][random.below(3)]!]
  for (const { name, fieldId = 0, type } of table.schema.columns) {
    if (name === 'id') row.set(fieldId, id)
    else if (name === 'item') row.set(fieldId, item)
    else if (random.below(6) > 0) {
      row.set(
        fieldId,
        type.kind === 'string' ? ['', 'a note', 'ünï', 'x'][random.below(4)]! : String(random.below(20)),
      )
    }
  }
  return { gone: random.below(5) === 0, key: `${id}/${item}`, row }
}

function sourceOf(table: IcebergTable, changes: readonly Change[]): ChangeSource {
  const values = changes.map(({ gone, row }, n) => {
    const cells = table.schema.columns.map(({ fieldId = 0 }) => {
      const text = row.get(fieldId)
      return text === undefined ? 'NULL' : `'${text.replaceAll("'", "''")}'`
    })
    return `(${gone ? 2 : 1}, ${n}, ${cells.join(', ')})`
  })
  const names = table.schema.columns.map(({ name }) => duckName(name))
  const cast = table.schema.columns.map(
    ({ type }, i) => `CAST(${names[i]} AS ${duckTypeText(type)}) AS ${names[i]}`,
  )
  return {
    sql: `(SELECT CAST(__op AS INTEGER) AS __op, CAST(__n AS BIGINT) AS __n, ${cast.join(', ')} FROM (VALUES ${values.join(', ')}) v(__op, __n, ${names.join(', ')}))`,
  }
}

const rounds = process.env.MILLRACE_NIGHTLY === undefined ? 6 : 60

test.each(Array.from({ length: rounds }, (_, i) => i))(
  'keyed rows are what a map of rows is, round %i',
  { timeout: 120_000 },
  async () => {
    await run(process.env.MILLRACE_SEED ?? randomUUID(), 18)
  },
)
