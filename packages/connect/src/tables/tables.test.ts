/** Connectors of tables: what they make of options, and what they write and print. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FunctionContext, StreamRecord } from '@millrace/runtime'
import {
  bindFlinkProgram,
  decoderOf,
  encoderOf,
  fieldsEncoder,
  physicalFields,
  type TableInfo,
} from '@millrace/sql'
import { VirtualClock } from '@millrace/values'
import { afterAll, describe, expect, test } from 'vitest'
import { tableConnectors } from './index.ts'
import { type ConnectorHost, checkOptions } from './table-connector.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-tables-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const printed: [string, string | undefined][] = []
const host: ConnectorHost = { folder, print: (line, to) => printed.push([line, to]) }

function table(columns: string, options: Record<string, string>, rest = ''): TableInfo {
  const list = Object.entries(options).map(([name, value]) => `'${name}' = '${value}'`)
  const text = `CREATE TABLE t (${columns}) ${rest} WITH (${list.join(', ')});`
  const found = bindFlinkProgram({ text, fileName: 't.sql', hosts: new Map() }).program?.tables.get('t')
  if (found === undefined) throw new Error(`refused: ${text}`)
  checkOptions(found, tableConnectors.get(options.connector ?? '')!)
  return found
}

/** The rows of a source, as far as its first read goes. */
async function rowsOf(info: TableInfo) {
  const clock = new VirtualClock(0)
  const source = await tableConnectors.get(info.options.connector ?? '')!.source!(
    info,
    host,
  )({
    position: undefined,
    clock,
    signal: new AbortController().signal,
    route: () => 0,
    warn: () => {},
    kept: new Map(),
    name: 'source',
    report: () => {},
    directory: '',
  })
  const rows: unknown[][] = []
  const decoder = decoderOf(info)
  const add = (
    _key: Uint8Array,
    _from: number,
    _to: number,
    data: Uint8Array,
    start: number,
    end: number,
  ) => {
    decoder.decode(data.subarray(start, end), (row) => rows.push([...row]))
  }
  // Of a builder, sources use `add` and the two sizes alone.
  const builder = { add, count: 0, byteLength: 0, reset() {} } as unknown as Parameters<
    typeof source.read
  >[0][0]
  // Rows are due at their rate from the opening on.
  await clock.advance(1_000)
  await source.read([builder], 1 << 20)
  await source.close()
  return rows
}

describe('datagen', () => {
  test('equal seeds give equal rows, within the bounds of each column', async () => {
    const info = table('n INT, price DECIMAL(8, 2), name STRING, at TIMESTAMP(3)', {
      connector: 'datagen',
      'rows-per-second': '1000000',
      'number-of-rows': '200',
      'fields.n.kind': 'sequence',
      'fields.n.start': '5',
      'fields.price.min': '0.5',
      'fields.price.max': '2.25',
      'fields.name.length': '4',
      'fields.at.max-past': '10 s',
    })
    const rows = await rowsOf(info)
    expect(rows.length).toBeGreaterThan(0)
    for (const [index, [n, price, name, at]] of rows.entries()) {
      expect(n).toBe(5 + index)
      expect(price).toBeGreaterThanOrEqual(50)
      expect(price).toBeLessThanOrEqual(225)
      expect(name).toHaveLength(4)
      expect(at).toBeLessThanOrEqual(Date.UTC(2026, 0, 1) + index)
      expect(at).toBeGreaterThan(Date.UTC(2026, 0, 1) - 10_000)
    }
    expect(new Set(rows.map(([, price]) => Number(price) % 100)).size).toBeGreaterThan(1)
    expect(await rowsOf(info)).toEqual(rows)
  })

  test.each([
    [{ 'fields.m.min': '1' }, /names no physical column. Columns: n/],
    [{ 'fields.n.mn': '1' }, /no setting of a column/],
    [{ 'fields.n.min': 'x' }, /Allowed: a number/],
    [{ 'fields.n.min': '3', 'fields.n.max': '2' }, /below the min/],
    [{ 'fields.n.kind': 'faker' }, /'random', 'sequence'/],
    [{ 'rows-per-second': '0' }, /whole number from 1/],
    [{ rate: '1' }, /no option 'rate'/],
  ])('%j is refused', (options, message) => {
    const make = () => {
      const info = table('n INT', { connector: 'datagen', ...options } as Record<string, string>)
      tableConnectors.get('datagen')!.source!(info, host)
    }
    expect(make).toThrow(message)
  })
})

function record(data: Uint8Array, sequence = 0): StreamRecord {
  const text = new TextDecoder().decode(data)
  // What the connectors read of a record.
  return { data, sequence, text: () => text, json: () => JSON.parse(text) } as unknown as StreamRecord
}

/** Sinks read the shard alone. */
const context = { shard: 0 } as unknown as FunctionContext

test('print shows every digit of a value, and which kind of change it is', async () => {
  const info = table('d DECIMAL(20, 2), n BIGINT, t TIMESTAMP(3), s STRING', {
    connector: 'print',
    'print-identifier': 'out',
    'standard-error': 'true',
  })
  const write = tableConnectors.get('print')!.sink!(info, host)
  if (write === 'nothing') throw new Error('print takes records')
  const encoder = fieldsEncoder(physicalFields(info), 'debezium-json')
  const row = [123456789012345678n * 100n, 2n ** 60n, 0, null]
  await write([record(encoder.encode(row, 0)!), record(encoder.encode(row, 3)!)], context)
  const values = '123456789012345678.00, 1152921504606846976, 1970-01-01 00:00:00.000, null'
  expect(printed).toEqual([
    [`out> +I[${values}]`, 'error'],
    [`out> -D[${values}]`, 'error'],
  ])
})

test('filesystem writes a folder for each partition, and a repeated write replaces its file', async () => {
  const info = table(
    'city STRING, n INT',
    { connector: 'filesystem', path: 'out', format: 'csv' },
    'PARTITIONED BY (city)',
  )
  const write = tableConnectors.get('filesystem')!.sink!(info, host)
  if (write === 'nothing') throw new Error('filesystem takes records')
  const encoder = encoderOf(info)
  const records = [
    ['rome', 1],
    ['oslo', 2],
    ['rome', 3],
  ].map((row, index) => record(encoder.encode(row, 0)!, index))
  await write(records, context)
  await write(records, context)
  const out = join(folder, 'out')
  expect(readdirSync(out).sort()).toEqual(['city=oslo', 'city=rome'])
  expect(readdirSync(join(out, 'city=rome'))).toEqual(['part-0-0000000000000000'])
  expect(readFileSync(join(out, 'city=rome/part-0-0000000000000000'), 'utf8')).toBe('rome,1\nrome,3\n')
})
