/** 'partition-key' of tables that are fed by a connector: the text of the column is the key of the record. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bindFlinkProgram, decoderOf, partitionKeyText, type Row, type TableInfo } from '@millrace/sql'
import { VirtualClock } from '@millrace/values'
import { afterAll, describe, expect, test } from 'vitest'
import { tableConnectors } from './index.ts'
import { checkOptions } from './table-connector.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function table(columns: string, options: Record<string, string>): TableInfo {
  const list = Object.entries(options).map(([name, value]) => `'${name}' = '${value}'`)
  const text = `CREATE TABLE t (${columns}) WITH (${list.join(', ')});`
  const found = bindFlinkProgram({ text, fileName: 't.sql' }).program?.tables.get('t')
  if (found === undefined) throw new Error(`refused: ${text}`)
  checkOptions(found, tableConnectors.get(options.connector ?? '')!)
  return found
}

interface Keyed {
  readonly key: string
  readonly row: Row
}

/** What a table's source yields, with the warnings. */
async function read(info: TableInfo): Promise<{ records: Keyed[]; warnings: string[] }> {
  const records: Keyed[] = []
  const warnings: string[] = []
  const connector = tableConnectors.get(info.options.connector ?? '')!
  const open = connector.source!(info, { folder, print: () => {} })
  const clock = new VirtualClock(0)
  const source = await open({
    position: undefined,
    clock,
    signal: new AbortController().signal,
    route: () => 0,
    warn: (code) => warnings.push(code),
    kept: new Map(),
    name: 'source',
    report: () => {},
    directory: '',
  })
  const decoder = decoderOf(info)
  const text = new TextDecoder()
  const builder = {
    count: 0,
    byteLength: 0,
    reset() {},
    add(keys: Uint8Array, from: number, to: number, data: Uint8Array, start: number, end: number) {
      const key = text.decode(keys.subarray(from, to))
      decoder.decode(data.subarray(start, end), (row) => records.push({ key, row }))
    },
  }
  for (let done = false; !done; ) {
    const reading = source.read([builder], 100_000)
    await clock.advance(1_000)
    done = (await reading).done
  }
  await source.close()
  return { records, warnings }
}

const generated = { connector: 'datagen', 'number-of-rows': '50', 'rows-per-second': '1000000' }
const columns = 'id BIGINT, name STRING, flag BOOLEAN, ts TIMESTAMP(3), n INT'

describe('datagen', () => {
  test.each([
    ['id', [0]],
    ['name', [1]],
    ['flag', [2]],
    ['n; name', [4, 1]],
  ])('by %s', async (names, at) => {
    const nulls = { 'fields.id.null-rate': '0.2' }
    const { records } = await read(table(columns, { ...generated, ...nulls, 'partition-key': names }))
    expect(records.length).toBeGreaterThan(10)
    for (const { key, row } of records) expect(key).toBe(partitionKeyText(row, at))
  })

  test.each(['ts', 'nobody'])('a key of %s is refused', async (name) => {
    expect(() =>
      tableConnectors.get('datagen')!.source!(table(columns, { ...generated, 'partition-key': name }), {
        folder,
        print: () => {},
      }),
    ).toThrow(/TABLE_OPTION table t: 'partition-key' names .*Allowed: .*\(id, name, flag, n\)/)
  })
})

describe('filesystem', () => {
  const path = join(folder, 'rows.json')
  const rows = [{ id: 1, name: 'a' }, { id: 12345678901, name: 'ä"b' }, { id: null, name: '' }, { name: 'x' }]
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'))

  test.each([
    ['id', [0]],
    ['name', [1]],
  ])('by %s; lines without a value are keyed alike, and nothing is said of them', async (name, at) => {
    const { records, warnings } = await read(
      table('id BIGINT, name STRING', {
        connector: 'filesystem',
        path,
        format: 'json',
        'partition-key': name,
      }),
    )
    expect(records).toHaveLength(4)
    for (const { key, row } of records) expect(key).toBe(partitionKeyText(row, at))
    expect(warnings).toEqual([])
  })

  test('lines that are no JSON have no such key', () => {
    const info = table('id BIGINT', { connector: 'filesystem', path, format: 'csv', 'partition-key': 'id' })
    expect(() => tableConnectors.get('filesystem')!.source!(info, { folder, print: () => {} })).toThrow(
      /TABLE_OPTION .*one column of the format 'json'/,
    )
  })
})

test('a connector that keys its records itself refuses it', () => {
  const info = table('event_type INT', { connector: 'nexmark', 'partition-key': 'event_type' })
  const host = { folder, print: () => {} }
  expect(() => tableConnectors.get('nexmark')!.source!(info, host)).toThrow(
    /TABLE_OPTION .*keyed by their own ids/,
  )
})
