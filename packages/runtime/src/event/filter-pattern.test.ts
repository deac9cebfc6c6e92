/** The pattern language as AWS documents it, case by case, and what it refuses. */
import type { ChangeRecord } from '@millrace/tables'
import { changeEventId, changeSequenceNumber, formatSequenceNumber } from '@millrace/values'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../errors.ts'
import { madeTimeMs, makeRecords, makeStream } from '../testing/record-batch.ts'
import { compileFilters } from './filter-pattern.ts'
import { makeShardEvents } from './make-shard-events.ts'

const at = { region: 'us-east-1', account: '000000000000' }
const stream = makeStream()
const streamEvents = makeShardEvents(
  { kind: 'stream', arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders', ...at },
  stream,
  0,
)
const tableArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000'
const changeStream = makeStream('t.changes')
const tableEvents = makeShardEvents({ kind: 'table', arn: tableArn, ...at }, changeStream, 0)

function matchesData(pattern: unknown, data: string | Uint8Array, key = 'k'): boolean {
  return matchesAny([JSON.stringify(pattern)], data, key)
}

function matchesAny(patterns: readonly string[], data: string | Uint8Array, key = 'k'): boolean {
  const [record] = makeRecords(
    [
      { key: 'other', data: '{"City": "x"}' },
      { key, data },
    ],
    { firstSequence: 4 },
  ).slice(1)
  return compileFilters(patterns, 'stream', 'orders')!.matches(record!, streamEvents)
}

type Case = readonly [pattern: unknown, data: string, matches: boolean]

describe('patterns over the payload', () => {
  const cases: Case[] = [
    // Equals and or.
    [{ City: ['Seattle'] }, '{"City":"Seattle"}', true],
    [{ City: ['Seattle'] }, '{"City":"seattle"}', false],
    [{ City: ['Seattle'] }, ' { "a" : 1 , "City" : "Seattle" } ', true],
    [{ City: ['Seattle', 'Rome'] }, '{"City":"Rome"}', true],
    [{ City: ['Seattle', 'Rome'] }, '{"City":"Oslo"}', false],
    [{ City: ['Seattle'] }, '{"Town":"Seattle"}', false],
    [{ City: ['Größe'] }, '{"City":"Gr\\u00f6\\u00dfe"}', true],
    [{ City: ['a"b\\c'] }, '{"City":"a\\"b\\\\c"}', true],
    [{ City: ['\\n'] }, '{"City":"\\n"}', false],
    [{ 'Ci"ty': ['x'] }, '{"Ci\\"ty":"x"}', true],
    [{ ab: ['x'] }, '{"\\u0061b":"x"}', true],
    // And over keys.
    [{ a: ['1'], b: ['2'] }, '{"a":"1","b":"2"}', true],
    [{ a: ['1'], b: ['2'] }, '{"a":"1","b":"3"}', false],
    [{ a: ['1'], b: ['2'] }, '{"a":"1"}', false],
    // Numbers by text, and never as text.
    [{ n: [300] }, '{"n":300}', true],
    [{ n: [300] }, '{"n":300.0}', false],
    [{ n: [300] }, '{"n":3e2}', false],
    [{ n: [300] }, '{"n":"300"}', false],
    [{ n: ['300'] }, '{"n":300}', false],
    // Words.
    [{ n: [null] }, '{"n":null}', true],
    [{ n: [null] }, '{"n":"null"}', false],
    [{ n: [null] }, '{}', false],
    [{ n: [true, false] }, '{"n":false}', true],
    [{ n: [''] }, '{"n":""}', true],
    [{ n: [''] }, '{"n":" "}', false],
    // Numeric, by value.
    [{ n: [{ numeric: ['>', 10, '<=', 20] }] }, '{"n":10}', false],
    [{ n: [{ numeric: ['>', 10, '<=', 20] }] }, '{"n":10.5}', true],
    [{ n: [{ numeric: ['>', 10, '<=', 20] }] }, '{"n":2e1}', true],
    [{ n: [{ numeric: ['>', 10, '<=', 20] }] }, '{"n":21}', false],
    [{ n: [{ numeric: ['=', 300] }] }, '{"n":300.0}', true],
    [{ n: [{ numeric: ['!=', 300] }] }, '{"n":301}', true],
    [{ n: [{ numeric: ['!=', 300] }] }, '{"n":300}', false],
    [{ n: [{ numeric: ['<', 0] }] }, '{"n":-1}', true],
    [{ n: [{ numeric: ['>=', 0] }] }, '{"n":0}', true],
    [{ n: [{ numeric: ['>', 0] }] }, '{"n":"5"}', false],
    [{ n: [{ numeric: ['>', 0] }] }, '{"n":true}', false],
    // Exists, at leaves.
    [{ n: [{ exists: true }] }, '{"n":null}', true],
    [{ n: [{ exists: true }] }, '{"m":1}', false],
    [{ n: [{ exists: true }] }, '{"n":{"m":1}}', false],
    [{ n: [{ exists: false }] }, '{"m":1}', true],
    [{ n: [{ exists: false }] }, '{"n":1}', false],
    [{ n: [{ exists: false }] }, '{"n":{"m":1}}', true],
    [{ n: [{ exists: false }] }, '{"n":[]}', true],
    [{ n: [{ exists: false }, 'x'] }, '{"n":"x"}', true],
    [{ n: [{ exists: false }, 'x'] }, '{}', true],
    [{ n: [{ exists: false }, 'x'] }, '{"n":"y"}', false],
    [{ o: { n: [{ exists: false }] } }, '{}', true],
    [{ o: { n: [{ exists: false }] } }, '{"o":7}', true],
    // Prefix and suffix.
    [{ r: [{ prefix: 'us-' }] }, '{"r":"us-east-1"}', true],
    [{ r: [{ prefix: 'us-' }] }, '{"r":"eu-us-"}', false],
    [{ r: [{ prefix: 'us-' }] }, '{"r":"us"}', false],
    [{ r: [{ suffix: '.png' }] }, '{"r":"a.png"}', true],
    [{ r: [{ suffix: '.png' }] }, '{"r":"png"}', false],
    [{ r: [{ suffix: 'ö' }] }, '{"r":"x\\u00f6"}', true],
    [{ n: [{ prefix: '1' }] }, '{"n":12}', false],
    // Ignore case.
    [{ r: [{ 'equals-ignore-case': 'ÄlicE' }] }, '{"r":"äLICe"}', true],
    [{ r: [{ 'equals-ignore-case': 'alice' }] }, '{"r":"alic"}', false],
    // Anything but: there has to be a value.
    [{ r: [{ 'anything-but': ['x', 'y'] }] }, '{"r":"z"}', true],
    [{ r: [{ 'anything-but': ['x', 'y'] }] }, '{"r":"y"}', false],
    [{ r: [{ 'anything-but': ['x'] }] }, '{}', false],
    [{ r: [{ 'anything-but': ['x'] }] }, '{"r":7}', true],
    [{ r: [{ 'anything-but': ['x'] }] }, '{"r":null}', true],
    [{ r: [{ 'anything-but': 'x' }] }, '{"r":"x"}', false],
    [{ r: [{ 'anything-but': 7 }] }, '{"r":7}', false],
    [{ r: [{ 'anything-but': [7, 8] }] }, '{"r":9}', true],
    [{ r: [{ 'anything-but': { prefix: 'in' } }] }, '{"r":"init"}', false],
    [{ r: [{ 'anything-but': { prefix: 'in' } }] }, '{"r":"out"}', true],
    [{ r: [{ 'anything-but': { prefix: ['in', 'on'] } }] }, '{"r":"onto"}', false],
    [{ r: [{ 'anything-but': { suffix: '.x' } }] }, '{"r":"a.x"}', false],
    [{ r: [{ 'anything-but': { 'equals-ignore-case': ['A', 'b'] } }] }, '{"r":"B"}', false],
    // Or over fields.
    [{ $or: [{ a: ['1'] }, { b: ['2'] }] }, '{"a":"1"}', true],
    [{ $or: [{ a: ['1'] }, { b: ['2'] }] }, '{"b":"2"}', true],
    [{ $or: [{ a: ['1'] }, { b: ['2'] }] }, '{"a":"2","b":"1"}', false],
    [{ c: ['3'], $or: [{ a: ['1'] }, { b: ['2'] }] }, '{"a":"1"}', false],
    [{ $or: [{ a: ['1'], b: ['2'] }, { $or: [{ c: [1] }, { d: [1] }] }] }, '{"d":1}', true],
    // Depth.
    [{ o: { p: { q: [1] } } }, '{"o":{"p":{"q":1}}}', true],
    [{ o: { p: { q: [1] } } }, '{"o":{"q":1,"p":{"r":{"q":1}}}}', false],
    [{ o: { p: [1] } }, '{"o":1}', false],
    // Lists in the record: one of their elements.
    [{ t: ['a'] }, '{"t":["b","a"]}', true],
    [{ t: ['a'] }, '{"t":["b",["c", "a" ]]}', true],
    [{ t: ['a'] }, '{"t":["b",{"a":"a"}]}', false],
    [{ t: [{ 'anything-but': ['a'] }] }, '{"t":["a","b"]}', true],
    [{ t: [{ 'anything-but': ['a'] }] }, '{"t":["a"]}', false],
    [{ l: { a: [1], b: [2] } }, '{"l":[{"a":1,"b":1},{"a":1,"b":2}]}', true],
    [{ l: { a: [1], b: [2] } }, '{"l":[{"a":1},{"b":2}]}', false],
    // Equal names: the last one counts.
    [{ a: [1] }, '{"a":2,"a":1}', true],
    [{ a: [1] }, '{"a":1,"a":2}', false],
    [{ o: { a: [1] } }, '{"o":{"a":1},"o":{}}', false],
    // Payloads that are no objects.
    [{ a: [1] }, '7', false],
    [{ a: [1] }, '[{"a":1}]', true],
    [{ a: [{ exists: false }] }, '7', true],
  ]
  it.each(cases)('%j over %s: %s', (pattern, data, matches) => {
    expect(matchesData({ data: pattern }, data)).toBe(matches)
  })

  it('drop what is not JSON, if they ask for data', () => {
    for (const data of ['', 'plain', '{"a":1', '{"a":1} x', '{"a":01}', '\u0000']) {
      expect(matchesData({ data: { a: [{ exists: false }] } }, data)).toBe(false)
      expect(matchesData({ data: { a: [1] }, partitionKey: ['k'] }, data)).toBe(false)
      expect(matchesData({ partitionKey: ['k'] }, data)).toBe(true)
    }
    expect(matchesData({ data: { a: [{ exists: false }] } }, Uint8Array.of(123, 34, 0xff, 34, 125))).toBe(
      false,
    )
  })

  it('take the last of equal names in themselves, too', () => {
    expect(matchesAny(['{"data":{"a":[1],"a":[2]}}'], '{"a":2}')).toBe(true)
    expect(matchesAny(['{"data":{"a":[1],"a":[2]}}'], '{"a":1}')).toBe(false)
  })

  it('keep the text of their numbers', () => {
    expect(matchesAny(['{"data":{"n":[300.0]}}'], '{"n":300.0}')).toBe(true)
    expect(matchesAny(['{"data":{"n":[300.0]}}'], '{"n":300}')).toBe(false)
    expect(matchesAny(['{"data":{"n":[12345678901234567890]}}'], '{"n":12345678901234567891}')).toBe(false)
  })

  it('are joined by or', () => {
    const patterns = ['{"data":{"a":[1]}}', '{"partitionKey":[{"prefix":"vip-"}]}']
    expect(matchesAny(patterns, '{"a":1}')).toBe(true)
    expect(matchesAny(patterns, '{"a":2}', 'vip-7')).toBe(true)
    expect(matchesAny(patterns, 'plain', 'vip-7')).toBe(true)
    expect(matchesAny(patterns, '{"a":2}')).toBe(false)
    expect(compileFilters([], 'stream', 'orders')).toBeUndefined()
  })
})

it('metadata of a stream record stand at the top level', () => {
  const number = formatSequenceNumber(stream, 0, 5, madeTimeMs)
  const matching = [
    { partitionKey: ['k "1"'] },
    { sequenceNumber: [number] },
    { kinesisSchemaVersion: ['1.0'] },
    { approximateArrivalTimestamp: [{ numeric: ['=', madeTimeMs / 1000] }] },
    { approximateArrivalTimestamp: [madeTimeMs / 1000] },
    { $or: [{ partitionKey: ['x'] }, { data: { City: ['y'] } }] },
    { eventName: [{ exists: false }] },
  ]
  for (const pattern of matching)
    expect(matchesData(pattern, '{"City":"y"}', 'k "1"'), JSON.stringify(pattern)).toBe(true)
  const others = [
    { partitionKey: ['k'] },
    { sequenceNumber: ['1'] },
    { City: ['y'] },
    { kinesis: { partitionKey: ['k "1"'] } },
  ]
  for (const pattern of others)
    expect(matchesData(pattern, '{"City":"y"}', 'k "1"'), JSON.stringify(pattern)).toBe(false)
})

describe('patterns over table changes', () => {
  const change: ChangeRecord = {
    eventName: 'REMOVE',
    tableName: 't',
    dynamodb: {
      ApproximateCreationDateTime: 1_763_700_000,
      Keys: { id: { N: '101' } },
      OldImage: { id: { N: '101' }, tags: { SS: ['a', 'b'] }, m: { M: { x: { BOOL: true } } } },
      SizeBytes: 12,
      StreamViewType: 'OLD_IMAGE',
    },
    userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
  }
  const [record] = makeRecords([{ key: '101', data: JSON.stringify(change) }], { stream: 't.changes' })
  const number = changeSequenceNumber(changeStream, 0, 0)
  const matches = (pattern: unknown): boolean =>
    compileFilters([JSON.stringify(pattern)], 'table', 'orders')!.matches(record!, tableEvents)

  it.each<[unknown, boolean]>([
    [{ eventName: ['REMOVE'] }, true],
    [{ eventName: ['INSERT', 'MODIFY'] }, false],
    [{ dynamodb: { Keys: { id: { N: ['101'] } } } }, true],
    [{ dynamodb: { Keys: { id: { S: ['101'] } } } }, false],
    [{ dynamodb: { Keys: { id: { N: [101] } } } }, false],
    [{ dynamodb: { OldImage: { tags: { SS: ['b'] } } } }, true],
    [{ dynamodb: { OldImage: { m: { M: { x: { BOOL: [true] } } } } } }, true],
    [{ dynamodb: { NewImage: { id: { N: [{ exists: false }] } } } }, true],
    [{ userIdentity: { principalId: ['dynamodb.amazonaws.com'] } }, true],
    [{ dynamodb: { SizeBytes: [{ numeric: ['<', 13] }] } }, true],
    // What only the event has.
    [{ dynamodb: { SequenceNumber: [number] } }, true],
    [{ eventID: [changeEventId('t.changes', number)] }, true],
    [{ eventSource: ['aws:dynamodb'], awsRegion: ['us-east-1'], eventVersion: ['1.1'] }, true],
    [{ eventSourceARN: [tableArn] }, true],
    [{ tableName: ['t'] }, false],
    [{ tableName: [{ exists: false }], eventName: ['REMOVE'] }, true],
  ])('%j: %s', (pattern, expected) => {
    expect(matches(pattern)).toBe(expected)
  })
})

describe('a malformed pattern is refused, with its place', () => {
  const cases: [pattern: string, place: string, reason: RegExp][] = [
    ['', 'filter pattern 1', /not JSON, at offset 0/],
    ['{"data":{"a":[1]}', 'filter pattern 1', /not JSON, at offset 17/],
    ['["a"]', 'filter pattern 1', /is an object/],
    ['{}', 'filter pattern 1', /empty object/],
    ['{"data":{}}', 'filter pattern 1, at data', /empty object/],
    ['{"data":"plain"}', 'filter pattern 1, at data', /list of values, not "plain"/],
    ['{"data":["plain"]}', 'filter pattern 1, at data', /pattern of data is an object/],
    ['{"data":{"a":1}}', 'filter pattern 1, at data.a', /list of values, not 1/],
    ['{"data":{"a":[]}}', 'filter pattern 1, at data.a', /empty list/],
    ['{"data":{"a":[["x"]]}}', 'filter pattern 1, at data.a[0]', /A list stands inside/],
    ['{"data":{"a":["x",{"like":"y"}]}}', 'filter pattern 1, at data.a[1]', /no operator "like"/],
    ['{"data":{"a":[{}]}}', 'filter pattern 1, at data.a[0]', /one operator, not 0/],
    ['{"data":{"a":[{"prefix":"x","suffix":"y"}]}}', 'filter pattern 1, at data.a[0]', /one operator, not 2/],
    ['{"data":{"a":[{"prefix":1}]}}', 'filter pattern 1, at data.a[0]', /"prefix" takes text/],
    ['{"data":{"a":[{"exists":"yes"}]}}', 'filter pattern 1, at data.a[0]', /true or false/],
    ['{"data":{"a":[{"exists":null}]}}', 'filter pattern 1, at data.a[0]', /true or false/],
    ['{"data":{"a":[{"numeric":[">"]}]}}', 'filter pattern 1, at data.a[0]', /one or two pairs/],
    ['{"data":{"a":[{"numeric":["~",1]}]}}', 'filter pattern 1, at data.a[0]', /compares by one of/],
    ['{"data":{"a":[{"numeric":["toString",1]}]}}', 'filter pattern 1, at data.a[0]', /compares by one of/],
    ['{"data":{"a":[{"numeric":[">","1"]}]}}', 'filter pattern 1, at data.a[0]', /with a number/],
    [
      '{"data":{"a":[{"numeric":[">",5,"<",5]}]}}',
      'filter pattern 1, at data.a[0]',
      /lower and a higher bound/,
    ],
    [
      '{"data":{"a":[{"numeric":[">",5,">",6]}]}}',
      'filter pattern 1, at data.a[0]',
      /lower and a higher bound/,
    ],
    ['{"data":{"a":[{"anything-but":[]}]}}', 'filter pattern 1, at data.a[0]', /at least one value/],
    ['{"data":{"a":[{"anything-but":[{"x":1}]}]}}', 'filter pattern 1, at data.a[0][0]', /holds values/],
    [
      '{"data":{"a":[{"anything-but":{"numeric":["=",1]}}]}}',
      'filter pattern 1, at data.a[0]',
      /not "numeric"/,
    ],
    ['{"$or":[{"a":[1]}]}', 'filter pattern 1, at $or', /two objects or more/],
    ['{"$or":[{"a":[1]},7]}', 'filter pattern 1, at $or[1]', /is an object/],
    ['{"$or":[{"a":[1]},{"data":["x"]}]}', 'filter pattern 1, at data', /pattern of data is an object/],
    [`{"data":{"a":["${'x'.repeat(4100)}"]}}`, 'filter pattern 1', /at most 4096 characters, not 41/],
  ]
  it.each(cases)('%s', (pattern, place, reason) => {
    const error = refusal([pattern])
    expect(codeOf(error)).toBe('FILTER_INVALID')
    expect(error).toMatchObject({ place: `function "orders", ${place}` })
    expect(String(error)).toContain('Invalid filter pattern definition.')
    expect(String(error)).toMatch(reason)
    expect(String(error)).toContain('Allowed: ')
  })

  it('names the function and the pattern among several, and how many there may be', () => {
    const good = '{"data":{"a":[1]}}'
    expect(refusal([good, good, '{']).place).toBe('function "orders", filter pattern 3')
    expect(String(refusal(Array(11).fill(good)))).toContain('at most 10 patterns, not 11')
    expect(compileFilters(Array(10).fill(good), 'stream', 'orders')).toBeDefined()
  })

  function refusal(patterns: string[]): { place: string } {
    try {
      compileFilters(patterns, 'stream', 'orders')
    } catch (error) {
      return error as { place: string }
    }
    throw new Error(`not refused: ${patterns}`)
  }
})
