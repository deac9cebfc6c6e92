import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { generateOrders } from '../orders/generate-orders.ts'
import { CONTRACT_START, describeSourceContract, SourceRun } from '../source-contract.ts'
import { type FileOptions, file, replay } from './file-source.ts'
import { LINE_BYTES_MAX } from './line-reader.ts'

const dir = mkdtempSync(join(tmpdir(), 'millrace-file-source-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

let files = 0
function write(content: string | Uint8Array): string {
  const path = join(dir, `lines-${files++}.ndjson`)
  writeFileSync(path, content)
  return path
}

const byOrder = { partitionKey: '$.data.orderId' } as const

async function start(options: FileOptions, position?: unknown): Promise<SourceRun> {
  return new SourceRun(file(options), position).open()
}

async function readAll(content: string | Uint8Array, partitionKey = '$.k'): Promise<SourceRun> {
  const run = await (await start({ path: write(content), partitionKey })).readToEnd()
  await run.close()
  return run
}

const changes = Buffer.concat([...generateOrders({ orders: 20, products: 10, seed: 4 }).changes()])
const mixed = [
  changes.subarray(0, 5000).toString('latin1'),
  '',
  '{"data":{"orderId":1000',
  '\0\0\0',
  '{"metadata":{"table-name":"order"}}',
  'no json at all\r',
  '{"data":{"orderId":77},"last":true}',
].join('\n')

describeSourceContract('file', () => ({
  open: file({ path: write(changes), ...byOrder }),
  taken: 60,
  dead: 0,
  isPaced: false,
}))

describeSourceContract('file with bad lines', () => ({
  open: file({ path: write(Buffer.from(mixed, 'latin1')), partitionKey: 'schema.table' }),
  taken: mixed.split('\n').filter((line) => line !== '').length,
  dead: 0,
  isPaced: false,
}))

describeSourceContract('replay', () => ({
  open: replay({ path: write(changes), ...byOrder, timeAttribute: '$.data.orderDateTime', speed: 0.01 }),
  taken: 60,
  dead: 0,
  isPaced: true,
}))

describe('file', () => {
  test('every line but an empty one is a record, byte for byte, whatever it holds and however long it is', async () => {
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => bytes.filter((b) => b !== 10 && b !== 13)),
      fc.integer({ min: 1, max: 400_000 }).map((length) => new Uint8Array(length).fill(120)),
    )
    const property = fc.asyncProperty(
      fc.array(line, { maxLength: 12 }),
      fc.boolean(),
      fc.constantFrom('\n', '\r\n'),
      async (lines, endsWithNewline, newline) => {
        const parts = lines.flatMap((bytes, i) => [...(i > 0 ? [Buffer.from(newline)] : []), bytes])
        if (endsWithNewline) parts.push(Buffer.from(newline))
        const run = await readAll(Buffer.concat(parts))
        const expected = lines
          .filter((bytes) => bytes.length > 0)
          .map((bytes) => Buffer.from(bytes).toString('latin1'))
        const data = run.shards().flatMap((records) => records.map((record) => record.data))
        expect(data.toSorted()).toEqual(expected.toSorted())
      },
    )
    await fc.assert(property, { numRuns: 40 })
  })

  test('a line without a readable key is stored under file:line, and the first one is named in a warning', async () => {
    const run = await readAll('{"k":1}\n\n{"k":\n{"x":1}\n{"k":null}\n{"k":{}}\n{"k":"a"}')
    const keys = run.shards().flatMap((records) => records.map((record) => record.key.replace(/.*:/, ':')))
    expect(keys.toSorted()).toEqual(['1', ':3', ':4', ':5', ':6', 'a'])
    expect(run.warnings.length).toBe(1)
    expect(run.warnings[0]).toMatchObject({ code: 'KEY_MISSING' })
    expect(run.warnings[0]?.message).toContain(':3 has no readable partition key')
  })

  test.each([
    ['{"k":12345}', '12345'],
    ['{ "a" : [1,{"k":2}], "b\\"": "x}", "k" : true }', 'true'],
    ['{"k":"M\u00fcller"}', Buffer.from('M\u00fcller').toString('latin1')],
    ['{"k":"a\\u0062\\"c"}', 'ab"c'],
    ['{"\\u006b":"escaped name"}', 'escaped name'],
    ['{"k":"first","k":"second"}', 'first'],
    [`{"k":"${'é'.repeat(256)}"}`, Buffer.from('é'.repeat(256)).toString('latin1')],
  ])('the key of %s is read from its bytes', async (line, key) => {
    const run = await readAll(line)
    expect(run.shards().flat()[0]?.key).toBe(key)
    expect(run.warnings).toEqual([])
  })

  test.each([
    ['{"k":""}'],
    ['{"k":"\\x"}'],
    [`{"k":"${'x'.repeat(257)}"}`],
    ['{"k":"cut'],
    ['{"k":12'],
    ['["k",1]'],
    ['k'],
  ])('there is no readable key in %s', async (line) => {
    expect((await readAll(line)).warnings[0]?.code).toBe('KEY_MISSING')
  })

  test('schema.table joins the two names of a DMS envelope', async () => {
    const run = await readAll(changes, 'schema.table')
    const keys = new Set(run.shards().flatMap((records) => records.map((record) => record.key)))
    expect([...keys].toSorted()).toEqual(['orders.order', 'orders.order_item'])
  })

  test('the largest record is stored, a longer line is dead with its place, its size and its beginning', async () => {
    const path = write(
      Buffer.concat([
        Buffer.from('{"k":1}\n'),
        Buffer.alloc(LINE_BYTES_MAX, 0x61),
        Buffer.from('\r\n'),
        Buffer.alloc(LINE_BYTES_MAX + 1, 0x62),
        Buffer.from('\n'),
        Buffer.alloc(3 * LINE_BYTES_MAX, 0x63),
        Buffer.from('\n{"k":2}\n'),
        Buffer.alloc(LINE_BYTES_MAX + 9, 0x64),
      ]),
    )
    const whole = await (await start({ path, partitionKey: '$.k' })).readToEnd()
    await whole.close()
    expect(whole.taken).toBe(6)
    expect(whole.dead.map((dead) => dead.place)).toEqual([`${path}:3`, `${path}:4`, `${path}:6`])
    expect(whole.dead.map((dead) => String.fromCharCode(dead.data[0] ?? 0))).toEqual(['b', 'c', 'd'])
    expect(whole.dead[1]?.code).toBe('LINE_TOO_LONG')
    expect(whole.dead[1]?.message).toContain(`${3 * LINE_BYTES_MAX} bytes`)
    let position: unknown
    for (let line = 1; line <= 6; line++) {
      const run = await start({ path, partitionKey: '$.k' }, position)
      expect((await run.read(1)).taken).toBe(1)
      await run.close()
      position = run.position
    }
    expect(position).toMatchObject({ line: 7 })
  })

  test('a byte order mark is no part of the first line', async () => {
    const run = await readAll('\ufeff{"k":5}\n')
    expect(run.shards().flat()).toEqual([{ key: '5', data: '{"k":5}' }])
  })

  test('an empty file is done at once; a file that has grown is read on from where it ended', async () => {
    expect((await readAll('')).taken).toBe(0)
    const path = write('{"k":1}\n')
    const first = await (await start({ path, partitionKey: '$.k' })).readToEnd()
    await first.close()
    writeFileSync(path, '{"k":1}\n{"k":2}\n')
    const second = await (await start({ path, partitionKey: '$.k' }, first.position)).readToEnd()
    await second.close()
    expect(second.shards().flat()).toEqual([{ key: '2', data: '{"k":2}' }])
  })

  test('a missing file, a directory, another file and a foreign position are refused with the next step', async () => {
    const path = write('{"k":1}\n{"k":2}\n')
    const options = { path, partitionKey: '$.k' }
    await expect(start({ ...options, path: join(dir, 'none') })).rejects.toThrow(
      /^FILE_NOT_FOUND file: .*none.*Check "path"/,
    )
    await expect(start({ ...options, path: join(path, 'below') })).rejects.toThrow('FILE_NOT_FOUND')
    mkdirSync(join(dir, 'folder'), { recursive: true })
    await expect(start({ ...options, path: join(dir, 'folder') })).rejects.toThrow(
      /^FILE_NOT_READABLE .*is a directory/,
    )
    await expect(start({ ...options, path: '/dev/null' })).rejects.toThrow('no regular file')
    const run = await start(options)
    await run.read(1)
    await run.close()
    writeFileSync(path, '{"k":8}\n{"k":9}\n')
    await expect(start(options, run.position)).rejects.toThrow(
      /^FILE_CHANGED .*not the file that was read to byte 8/,
    )
    writeFileSync(path, '')
    await expect(start(options, run.position)).rejects.toThrow('FILE_CHANGED')
    await expect(start(options, { index: 4 })).rejects.toThrow('SOURCE_POSITION')
  })

  test.skipIf(process.getuid?.() === 0)(
    'a file that may not be read is refused (root may read all)',
    async () => {
      const path = write('{}')
      chmodSync(path, 0)
      await expect(start({ path, partitionKey: '$.k' })).rejects.toThrow('FILE_NOT_READABLE')
    },
  )

  test.each([
    [{ partitionKey: 'orderId' }, '"partitionKey" must be a JSONPath'],
    [{ partitionKey: '$.a[0]' }, 'is "$.a[0]"'],
    [{ partitionKey: '$.k', path: '' }, '"path" must name a file'],
    [{ partitionKey: '$.k', speed: 2 }, '"speed" is given without "timeAttribute"'],
    [{ partitionKey: '$.k', timeAttribute: '$.t' }, '"timeAttribute" is given without "speed"'],
    [{ partitionKey: '$.k', timeAttribute: '$.t', speed: -1 }, '"speed" must be a number above 0'],
  ])('refuses %j where the app is defined', (options, message) => {
    expect(() => file({ path: 'x', ...options })).toThrow(message)
  })
})

describe('replay', () => {
  const lines = [
    '{"k":1}',
    '{"k":2,"t":"2020-01-01T00:00:10Z"}',
    '{"k":3,"t":"2020-01-01T00:00:12.500Z"}',
    '{"k":4,"t":"2020-01-01T00:00:11Z"}',
    '{"k":5,"t":"garbage"}',
    '{"k":6,"t":1577836830000}',
    '{"k":7,"t":1577836840}',
  ]
  const options = { partitionKey: '$.k', timeAttribute: '$.t' }

  async function dueTimes(
    speed: number,
    position?: unknown,
    reads = 100,
  ): Promise<{ times: number[]; run: SourceRun }> {
    const run = await new SourceRun(replay({ path, ...options, speed }), position).open()
    for (let i = 0; i < reads && !run.done; i++) await run.read(1)
    await run.close()
    const records = run.builders.flatMap((builder) => builder.records)
    return {
      run,
      times: records.map((record) => record.originTime - CONTRACT_START).toSorted((a, b) => a - b),
    }
  }
  const path = write(lines.join('\n'))

  test('gaps of event time, divided by the speed, are gaps of the clock; without a readable time, the one before', async () => {
    // The first readable time (10 s) is the anchor; line 4 is out of order, line 5 unreadable: both with line 3.
    expect((await dueTimes(1)).times).toEqual([0, 0, 2500, 2500, 2500, 20_000, 30_000])
    const fast = await dueTimes(10)
    expect(fast.times).toEqual([0, 0, 250, 250, 250, 2000, 3000])
    expect(fast.run.warnings).toEqual([])
  })

  test('a time attribute that never matches is named in a warning, once; nothing waits', async () => {
    for (const count of [3, 250]) {
      const path = write('{"k":1,"time":"2020-01-01T00:00:00Z"}\n'.repeat(count))
      const run = await new SourceRun(replay({ path, ...options, speed: 1 }), undefined).open()
      await run.readToEnd()
      await run.close()
      expect(run.taken).toBe(count)
      expect(run.clock.now()).toBe(CONTRACT_START)
      expect(run.warnings.map((warning) => warning.code)).toEqual(['TIME_NEVER_READ'])
    }
  })

  test('after a restart in the middle, the gap since the last record before it still counts', async () => {
    const first = await dueTimes(1, undefined, 3)
    expect(first.run.taken).toBe(3)
    expect((await dueTimes(1, first.run.position)).times).toEqual([0, 0, 17_500, 27_500])
  })

  test('time and speed must both be given', () => {
    // @ts-expect-error speed is missing
    expect(() => replay({ path, ...options })).toThrow('SOURCE_OPTION replay: "timeAttribute" and "speed"')
  })
})
