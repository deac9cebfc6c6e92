import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openStore, type RecordBatch, type Store } from '@millrace/store'
import { aggregate, VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileRecordFilter, type RecordFilterTexts } from './record-filter.ts'

const dir = mkdtempSync(join(tmpdir(), 'millrace-filter-'))
let store: Store
beforeAll(async () => {
  store = await openStore({ dir, clock: new VirtualClock(1_000) })
  store.defineStream({ name: 's', shards: 1, retentionMs: 3_600_000 })
})
afterAll(async () => {
  await store.close()
  rmSync(dir, { recursive: true })
})

interface Put {
  readonly key: string
  readonly data: string | Uint8Array
}

/** A batch as readers get it. */
function batchOf(records: readonly Put[]): RecordBatch {
  const [first] = store.commit((transaction) =>
    transaction.append(
      's',
      records.map(({ key, data }) => ({ key: Buffer.from(key), data: Buffer.from(data) })),
    ),
  )
  const [batch] = store.read('s', 0, first!.sequence, { maxRecords: 1, maxBytes: 1 }).batches
  if (batch === undefined || 'reason' in batch) throw new Error('no batch')
  return batch
}

function passes(texts: RecordFilterTexts, record: Put): boolean {
  return compileRecordFilter(texts)?.matches(batchOf([record]), 0) ?? true
}

describe('keys and texts', () => {
  it.each([
    ['order-1', 'order-1', true],
    ['order-1', 'order-17', false],
    ['order-*', 'order-17', true],
    ['order-*', 'orde', false],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['Köln*', 'Kölner', true],
    ['*', 'anything', true],
  ])('key %j of %j: %j', (key, own, expected) =>
    expect(passes({ key }, { key: own, data: 'x' })).toBe(expected),
  )

  it('a text is looked for in the bytes as they are', () => {
    expect(passes({ text: 'Zür' }, { key: 'k', data: '{"city":"Zürich"}' })).toBe(true)
    expect(passes({ text: 'zür' }, { key: 'k', data: '{"city":"Zürich"}' })).toBe(false)
  })

  it('all that is given has to be met; nothing given is no filter', () => {
    const record = { key: 'a', data: '{"n":1}' }
    expect(passes({ key: 'a', where: '$.n = 1', text: 'n' }, record)).toBe(true)
    expect(passes({ key: 'b', where: '$.n = 1' }, record)).toBe(false)
    expect(compileRecordFilter({ key: '', where: '  ', text: '' })).toBeUndefined()
  })
})

describe('conditions', () => {
  const data = JSON.stringify({
    status: 'FAILED',
    quote: "it's",
    qty: 12.5,
    big: 0,
    ok: true,
    none: null,
    deep: { 'a b': 'x' },
    items: [{ sku: 'A', n: 1 }, { sku: 'B' }],
    tags: ['red', 'blue'],
  }).replace('"big":0', '"big":9007199254740993')
  it.each([
    ["$.status = 'FAILED'", true],
    ['$.status == "FAILED"', true],
    ["$.status='FAILED'and $.qty>12", true],
    ["$.status = 'failed'", false],
    ["$.status != 'OK'", true],
    ["$.quote = 'it''s'", true],
    ['$.qty >= 12.5', true],
    ['$.qty > 1.25e1', false],
    ['$.qty < 13 AND $.qty <= 12.5', true],
    ["$.qty = '12.5'", false],
    ["$.qty > '1'", false],
    ['$.big = 9007199254740993', true],
    ['$.big = 9007199254740992', false],
    ['$.big > 9007199254740992', true],
    ['$.big > 1.5', true],
    ['$.ok = true', true],
    ['$.ok != false', true],
    ['$.none = null', true],
    ['$.none exists', true],
    ['$.gone = null', false],
    ['$.gone != 1', false],
    ['$.gone missing', true],
    ['$.status missing', false],
    ['$.deep exists', true],
    ["$.deep = 'x'", false],
    ["$.deep['a b'] contains 'x'", true],
    ["$['deep']['a b'] = 'x'", true],
    ["$.items[0:].sku = 'B'", true],
    ["$.items[*].sku = 'C'", false],
    ['$.items[0:].n exists', true],
    ['$.items[0:].m missing', true],
    ['$.items[0:].n missing', false],
    ["$.tags[0:] = 'blue'", true],
    ["$.tags contains 'blue'", false],
    ["$.status[0:] = 'FAILED'", false],
    ['$ exists', true],
    ['$.gone[0:] missing', true],
  ])('%s: %j', (where, expected) => expect(passes({ where }, { key: 'k', data })).toBe(expected))

  it('a payload that is not JSON, or a member that is there twice, meets nothing', () => {
    expect(passes({ where: '$.a missing' }, { key: 'k', data: 'plain' })).toBe(false)
    expect(passes({ where: '$.a = 1' }, { key: 'k', data: '{"a":1,"a":1}' })).toBe(false)
  })

  it.each([
    ['status = 1', 1, 'a path is expected'],
    ['$.a', 4, 'an operator is expected'],
    ['$.a = ', 7, 'a value is expected'],
    ["$.a = 'x", 7, "has no ' at its end"],
    ['$.a = 01', 8, '"and" or the end'],
    ['$.a = 1 or $.b = 2', 9, '"and" or the end'],
    ['$.a contains 3', 14, 'takes a text'],
    ['$.a = 1 and', 12, 'a path is expected'],
    ["$.a[3] = 'x'", 4, 'an operator'],
    ['$.a[0:].b[0:] = 1', 1, 'only one array level'],
  ])('%s is refused at character %i', (where, character, why) => {
    const error = fault(() => compileRecordFilter({ where }))
    expect(error).toMatchObject({ code: 'RECORD_FILTER_INVALID' })
    expect(error.message).toContain(`character ${character}: `)
    expect(error.message).toContain(why)
  })

  it('is bounded', () => {
    expect(() => compileRecordFilter({ where: `$.a = '${'x'.repeat(3_000)}'` })).toThrow(
      'more than 2000 characters',
    )
    const many = Array.from({ length: 17 }, (_, i) => `$.a${i} = 1`).join(' and ')
    expect(() => compileRecordFilter({ where: many })).toThrow('more than 16 comparisons')
  })
})

describe('packed payloads', () => {
  it('gzip is looked into; what only claims to be gzip is bytes', () => {
    const data = gzipSync('{"status":"FAILED","city":"Oslo"}')
    expect(passes({ where: "$.status = 'FAILED'", text: 'Oslo' }, { key: 'k', data })).toBe(true)
    expect(passes({ where: "$.status = 'OK'" }, { key: 'k', data })).toBe(false)
    expect(
      passes({ text: 'abc' }, { key: 'k', data: Buffer.concat([data.subarray(0, 20), Buffer.from('abc')]) }),
    ).toBe(true)
  })

  it('of an aggregate one user record has to meet all', () => {
    const [packed] = aggregate([
      { partitionKey: 'a', data: Buffer.from('{"n":1}') },
      { partitionKey: 'b', data: Buffer.from('{"n":2}') },
    ])
    const record = { key: packed!.partitionKey, data: packed!.data }
    expect(passes({ key: 'b', where: '$.n = 2' }, record)).toBe(true)
    expect(passes({ key: 'a', where: '$.n = 2' }, record)).toBe(false)
    expect(passes({ text: '"n":1' }, record)).toBe(true)
  })
})

it('random records and conditions: what it lets through is what a naive reading of the parsed JSON lets through', () => {
  const value = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0.5, 1e20, 'a', 'ab', 'b', '', true, false, null, 'ü"\\'),
  )
  const payload = fc.record(
    { a: value, b: fc.record({ c: value }, { requiredKeys: [] }) },
    { requiredKeys: [] },
  )
  const operator = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
  const comparison = fc.record({ path: fc.constantFrom(['a'], ['b', 'c'], ['b'], ['z']), operator, value })
  fc.assert(
    fc.property(
      fc.array(fc.record({ key: fc.constantFrom('a', 'ab', 'b'), payload }), { minLength: 1, maxLength: 20 }),
      fc.array(comparison, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(undefined, 'a', 'a*'),
      (records, comparisons, key) => {
        const where = comparisons
          .map(({ path, operator: sign, value: wanted }) => `$.${path.join('.')} ${sign} ${literal(wanted)}`)
          .join(' and ')
        const filter = compileRecordFilter({ where, key })
        const batch = batchOf(records.map((each) => ({ key: each.key, data: JSON.stringify(each.payload) })))
        const expected = records.map(
          (each) =>
            (key === undefined || (key === 'a' ? each.key === 'a' : each.key.startsWith('a'))) &&
            comparisons.every((one) => naive(at(each.payload, one.path), one.operator, one.value)),
        )
        expect(records.map((_, i) => filter?.matches(batch, i))).toEqual(expected)
      },
    ),
    { numRuns: 120 },
  )
})

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value)
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const name of path) found = (found as Record<string, unknown> | undefined)?.[name]
  return found
}

/** As the words of the documentation have it, over parsed values. */
function naive(found: unknown, operator: string, wanted: unknown): boolean {
  if (found === undefined || (typeof found === 'object' && found !== null)) return false
  if (operator === '=') return found === wanted
  if (operator === '!=') return found !== wanted
  if (typeof found !== typeof wanted || (typeof found !== 'number' && typeof found !== 'string')) return false
  const [x, y] = [found, wanted as typeof found]
  return operator === '<' ? x < y : operator === '<=' ? x <= y : operator === '>' ? x > y : x >= y
}

function fault(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('an error was expected')
}
