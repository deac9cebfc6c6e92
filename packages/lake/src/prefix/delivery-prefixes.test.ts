import { seededRandom } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LakeError } from '../errors.ts'
import { compileDeliveryPrefixes, type PrefixSettings, prefixMax } from './delivery-prefixes.ts'

const instant = Date.parse('2026-11-21T23:05:09.250Z')
const random = () => seededRandom(1)
const partitioning = { queryKeys: ['customer'], hasFunction: true }

function objects(settings: PrefixSettings, values: Record<string, string> = {}): string {
  return compileDeliveryPrefixes(settings).objects({
    instant,
    random: random(),
    queryValues: values,
    functionValues: values,
  })
}

function errors(settings: PrefixSettings): string {
  return compileDeliveryPrefixes(settings).errors({ instant, random: random(), type: 'processing-failed' })
}

function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof LakeError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('where objects go', () => {
  test.each([
    [{}, '2026/11/21/23/'],
    [{ prefix: '' }, '2026/11/21/23/'],
    [{ prefix: 'orders/' }, 'orders/2026/11/21/23/'],
    [{ prefix: 'orders' }, 'orders2026/11/21/23/'],
    [{ prefix: 'a/!{timestamp:yyyy/MM/}', errorPrefix: 'e/' }, 'a/2026/11/'],
    [{ prefix: "a/!{timestamp:'year='yyyy}/x", errorPrefix: 'e/' }, 'a/year=2026/x'],
    [{ prefix: 'a/!{timestamp:HH}!{timestamp:-mm}', errorPrefix: 'e/' }, 'a/23-05'],
    [{ timeZone: 'Asia/Tokyo' }, '2026/11/22/08/'],
    [{ prefix: 'day=!{timestamp:dd}/', errorPrefix: 'e/', timeZone: 'Pacific/Auckland' }, 'day=22/'],
    [{ prefix: 'price in $! {x}' }, 'price in $! {x}2026/11/21/23/'],
  ])('%o', (settings, expected) => expect(objects(settings)).toBe(expected))

  test('random strings have 11 characters, and each use is another one', () => {
    const key = objects({ prefix: '!{firehose:random-string}/!{firehose:random-string}/', errorPrefix: 'e/' })
    const match = /^([A-Za-z0-9]{11})\/([A-Za-z0-9]{11})\/2026\/11\/21\/23\/$/.exec(key)
    expect(match).not.toBeNull()
    expect(match?.[1]).not.toBe(match?.[2])
    const again = objects({
      prefix: '!{firehose:random-string}/!{firehose:random-string}/',
      errorPrefix: 'e/',
    })
    expect(again).toBe(key)
  })

  test('partition keys stand where they are used, without a time path', () => {
    const prefixes = compileDeliveryPrefixes({
      prefix: 'c=!{partitionKeyFromQuery:customer}/d=!{partitionKeyFromLambda:day}/',
      errorPrefix: 'e/',
      partitioning,
    })
    expect(prefixes.queryKeys).toEqual(['customer'])
    expect(prefixes.functionKeys).toEqual(['day'])
    const at = { instant, random: random(), queryValues: { customer: 'ä b' }, functionValues: { day: '7' } }
    expect(prefixes.objects(at)).toBe('c=ä b/d=7/')
  })

  test('an object is named after its delivery, version and time', () => {
    const name = compileDeliveryPrefixes({ timeZone: 'Asia/Kolkata' }).objectName({
      delivery: 'lake',
      version: 3,
      instant,
      id: 'f81d4fae',
      suffix: '.gz',
    })
    expect(name).toBe('lake-3-2026-11-22-04-35-09-f81d4fae.gz')
  })
})

describe('where errors go', () => {
  test.each([
    [{}, 'processing-failed/2026/11/21/23/'],
    [{ prefix: 'orders/' }, 'orders/processing-failed/2026/11/21/23/'],
    [{ errorPrefix: 'bad/' }, 'bad/processing-failed/2026/11/21/23/'],
    [{ errorPrefix: '!{firehose:error-output-type}/!{timestamp:yyyy/MM/}' }, 'processing-failed/2026/11/'],
    [{ errorPrefix: 'x-!{firehose:error-output-type}' }, 'x-processing-failed'],
  ])('%o', (settings, expected) => expect(errors(settings)).toBe(expected))
})

describe('what is refused, with place and advice', () => {
  test.each<[string, PrefixSettings, string]>([
    [
      'an expression without end',
      { prefix: 'a/!{timestamp:yyyy', errorPrefix: 'e' },
      'character 3, at "!{timestamp:yyyy": the expression that begins here has no }',
    ],
    ['no namespace', { prefix: '!{yyyy}', errorPrefix: 'e' }, 'an expression is !{namespace:value}'],
    [
      'a misspelt namespace',
      { prefix: '!{timestmp:yyyy}', errorPrefix: 'e' },
      'there is no namespace "timestmp". Did you mean "timestamp"?',
    ],
    ['no value', { prefix: '!{timestamp:}', errorPrefix: 'e' }, 'the value is missing'],
    ['a misspelt value', { prefix: '!{firehose:random}', errorPrefix: 'e' }, 'firehose has no "random"'],
    [
      'a bad date pattern',
      { prefix: 'a/!{timestamp:yyyy/bb}', errorPrefix: 'e' },
      'character 20, at "bb}": b is not a letter of a date pattern',
    ],
    [
      'the type of error for objects',
      { prefix: '!{firehose:error-output-type}/', errorPrefix: 'e' },
      'objects without errors have no error type',
    ],
    [
      'a key without partitioning',
      { prefix: '!{partitionKeyFromQuery:c}/', errorPrefix: 'e' },
      'no partition keys without dynamic partitioning',
    ],
    [
      'a key that no query extracts',
      { prefix: '!{partitionKeyFromQuery:c}/', errorPrefix: 'e', partitioning },
      'no query extracts the key "c". The query extracts: customer.',
    ],
    [
      'a key of no function',
      {
        prefix: '!{partitionKeyFromLambda:c}/',
        errorPrefix: 'e',
        partitioning: { queryKeys: [], hasFunction: false },
      },
      'no transform function',
    ],
    [
      'a key that is not used',
      { prefix: '!{partitionKeyFromLambda:c}/', errorPrefix: 'e', partitioning },
      'does not use the partition keys customer',
    ],
    [
      'partitioning without keys',
      { prefix: 'x/', errorPrefix: 'e', partitioning: { queryKeys: [], hasFunction: true } },
      'needs a prefix with a partition key',
    ],
    [
      'expressions without a prefix for errors',
      { prefix: '!{timestamp:yyyy}/' },
      'needs a prefix for errors beside it',
    ],
    ['errors without their type', { errorPrefix: '!{timestamp:yyyy}/' }, 'Add !{firehose:error-output-type}'],
    [
      'keys of records for errors',
      {
        errorPrefix: '!{firehose:error-output-type}/!{partitionKeyFromQuery:customer}/',
        prefix: '!{partitionKeyFromQuery:customer}/',
        partitioning,
      },
      'partition keys cannot be used for errors',
    ],
    ['a way out', { prefix: 'a/../' }, 'a part between slashes'],
    ['a leading slash', { prefix: '/a/' }, 'it begins with a slash'],
    ['an unknown zone', { timeZone: 'Europe/Brlin' }, 'the time zone "Europe/Brlin" is not known'],
    ['a text too long', { prefix: 'x'.repeat(1025) }, 'it may have 1024'],
    ['a result too long', { prefix: 'x'.repeat(505) }, '512 are allowed'],
  ])('%s', (_, settings, message) => {
    const text = refusal(() => compileDeliveryPrefixes(settings))
    expect(text).toContain(message)
    expect(text).toMatch(/^PREFIX_INVALID /)
  })

  test.each([
    [{}, 'is missing'],
    [{ customer: '' }, 'is empty'],
    [{ customer: '..' }, 'a part between slashes'],
    [{ customer: 'a/../b' }, 'a part between slashes'],
    [{ customer: 'a\u0000b' }, 'a control character'],
    [{ customer: '\ud800' }, 'surrogate'],
    [{ customer: '/etc' }, 'begins with a slash'],
    [{ customer: 'x'.repeat(600) }, '512 are allowed'],
  ])('a partition value %o', (values, message) => {
    const settings = { prefix: '!{partitionKeyFromQuery:customer}/', errorPrefix: 'e/', partitioning }
    const text = refusal(() => objects(settings, values))
    expect(text).toContain(message)
    expect(text).toMatch(/^PREFIX_VALUE /)
  })
})

test('a week year without a week, and a day of the year beside a month, are warned of', () => {
  const warnings = (prefix: string) => compileDeliveryPrefixes({ prefix, errorPrefix: 'e/' }).warnings
  expect(warnings('!{timestamp:YYYY/MM}')).toEqual([expect.stringContaining('year of the week')])
  expect(warnings('!{timestamp:yyyy/MM/DDD}')).toEqual([expect.stringContaining('day of the month is d')])
  expect(warnings("!{timestamp:YYYY/'w'ww}!{timestamp:yyyy/DDD}")).toEqual([])
})

test('whatever records bring, a key stays below 513 characters and inside of its bucket', () => {
  const prefixes = compileDeliveryPrefixes({
    prefix: '!{partitionKeyFromQuery:a}!{partitionKeyFromQuery:b}/x',
    errorPrefix: 'e/',
    partitioning: { queryKeys: ['a', 'b'], hasFunction: false },
  })
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('.', '..', '/', './', 'x'),
  )
  fc.assert(
    fc.property(value, value, (a, b) => {
      let key: string
      try {
        key = prefixes.objects({ instant, random: random(), queryValues: { a, b } })
      } catch (error) {
        expect(error).toMatchObject({ code: 'PREFIX_VALUE' })
        return
      }
      expect(key.length).toBeLessThanOrEqual(prefixMax)
      const url = new URL(`file:///bucket/${key.split('/').map(encodeURIComponent).join('/')}`)
      expect(url.pathname.startsWith('/bucket/')).toBe(true)
      expect(decodeURIComponent(url.pathname).slice('/bucket/'.length)).toBe(key)
    }),
  )
})
