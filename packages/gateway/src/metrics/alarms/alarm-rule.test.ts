import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import { loadAlarmRules, parseAlarmRules } from './alarm-rule.ts'

const age = {
  name: 'iterator-age',
  metric: 'GetRecords.IteratorAgeMilliseconds',
  statistic: 'Maximum',
  comparison: '>',
  threshold: 43_200_000,
  forMinutes: 3,
}
const secret = 'https://user:password@hooks.example.com/T0/secret?token=secret'

function parse(file: unknown) {
  const text = typeof file === 'string' ? file : JSON.stringify(file)
  return parseAlarmRules(new TextEncoder().encode(text), 'alarms.json')
}

function problemOf(act: () => unknown): { code: string; message: string } {
  try {
    act()
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a rule file', () => {
  it('gives its rules, with defaults and the level that the members mean', () => {
    const rules = parse({
      alarms: [
        age,
        { ...age, name: 'a', stream: 'orders', missing: 'breaching', webhook: secret },
        {
          ...age,
          name: 'b',
          metric: 'IncomingBytes',
          stream: 'orders',
          shard: 'shardId-000000000001',
          missing: 'ignore',
        },
        { ...age, name: 'c', metric: 'OutgoingBytes' },
        { ...age, name: 'd', metric: 'SubscribeToShardEvent.MillisBehindLatest', consumer: 'c1' },
        { ...age, name: 'e', metric: 'Errors', function: 'save' },
        { ...age, name: 'f', metric: 'IteratorAge' },
        { ...age, name: 'g', metric: 'ThrottledRequests', table: 'carts', operation: 'PutItem' },
        { ...age, name: 'h', metric: 'ThrottledRequests', table: 'carts' },
        { ...age, name: 'i', metric: 'UserErrors' },
      ],
    })
    expect(rules[0]).toEqual({ ...age, level: 'stream', missing: 'notBreaching' })
    expect(rules[1]).toEqual({
      ...age,
      name: 'a',
      level: 'stream',
      stream: 'orders',
      missing: 'breaching',
      webhook: secret,
    })
    expect(rules.map(({ level }) => level)).toEqual([
      'stream',
      'stream',
      'shard',
      'shard',
      'consumer',
      'function',
      'function',
      'operation',
      'operation',
      'table',
    ])
    expect(rules[7]).toMatchObject({ table: 'carts', operation: 'PutItem' })
    expect(rules[5]).toMatchObject({ function: 'save' })
  })

  it('takes a name that streams and deliveries share for what it names, and for streams without one', () => {
    const rules = parse({
      alarms: [
        { ...age, name: 'a', metric: 'IncomingBytes' },
        { ...age, name: 'b', metric: 'IncomingBytes', delivery: 'lake' },
        { ...age, name: 'c', metric: 'DeliveryToS3.DataFreshness' },
      ],
    })
    expect(rules.map(({ level, delivery }) => [level, delivery])).toEqual([
      ['stream', undefined],
      ['delivery', 'lake'],
      ['delivery', undefined],
    ])
    expect(
      problemOf(() =>
        parse({ alarms: [{ ...age, metric: 'IncomingBytes', delivery: 'lake', stream: 'orders' }] }),
      ),
    ).toMatchObject({ code: 'ALARM_RULE_INVALID' })
  })

  it.each<[string, object, string]>([
    ['a name with a blank', { name: 'a b' }, 'alarms[0].name is "a b"; allowed: 1 to 128 letters'],
    ['no name', { name: undefined }, 'alarms[0].name is missing'],
    [
      'an unknown metric',
      { metric: 'IncomingByte' },
      'alarms[0].metric is "IncomingByte"; allowed: IncomingBytes, ',
    ],
    [
      'an unknown statistic',
      { statistic: 'p99' },
      'alarms[0].statistic is "p99"; allowed: "Sum", "Average", "Minimum", "Maximum", "SampleCount"',
    ],
    [
      'an unknown comparison',
      { comparison: '=' },
      'alarms[0].comparison is "="; allowed: ">", ">=", "<", "<="',
    ],
    ['a threshold as text', { threshold: '5' }, 'alarms[0].threshold is "5"; allowed: a number'],
    ['no minutes', { forMinutes: 0 }, 'alarms[0].forMinutes is 0; allowed: an integer from 1 to 179'],
    ['half minutes', { forMinutes: 1.5 }, 'alarms[0].forMinutes is 1.5'],
    ['more minutes than are kept', { forMinutes: 180 }, 'alarms[0].forMinutes is 180'],
    ['another treatment', { missing: 'missing' }, 'alarms[0].missing is "missing"; allowed: "notBreaching"'],
    ['a shard that is none', { stream: 's', shard: '1' }, 'alarms[0].shard is "1"; allowed: "shardId-"'],
    [
      'a shard of any stream',
      { metric: 'IncomingBytes', shard: 'shardId-000000000001' },
      'alarms[0].stream is missing; allowed: the stream of the shard',
    ],
    [
      'a shard for a metric without shards',
      { stream: 's', shard: 'shardId-000000000001' },
      'alarms[0].shard is given; allowed: no shard, since GetRecords.IteratorAgeMilliseconds is kept for each stream',
    ],
    [
      'a consumer for a metric without',
      { consumer: 'c' },
      'alarms[0].consumer is given; allowed: no consumer',
    ],
    [
      'a function for a metric of streams',
      { function: 'f' },
      'alarms[0].function is given; allowed: no function',
    ],
    [
      'a stream for a metric of functions',
      { metric: 'Errors', stream: 's' },
      'alarms[0].stream is given; allowed: no stream, since Errors is kept for each function',
    ],
    [
      'an operation for a metric of tables',
      { metric: 'UserErrors', table: 'carts', operation: 'PutItem' },
      'alarms[0].operation is given; allowed: no operation, since UserErrors is kept for each table',
    ],
    ['a table for a metric of streams', { table: 'carts' }, 'alarms[0].table is given; allowed: no table'],
    [
      'a stream beside a function',
      { metric: 'Errors', function: 'f', stream: 's' },
      'alarms[0].stream is given; allowed: no stream',
    ],
    [
      'a misspelt member',
      { treshold: 1 },
      'alarms[0]: there is no member "treshold"; allowed: name, metric, ',
    ],
    ['a webhook of another scheme', { webhook: 'ftp://secret' }, 'alarms[0].webhook has the scheme "ftp:"'],
    ['a webhook that is no address', { webhook: 'secret' }, 'alarms[0].webhook is not an absolute URL'],
    ['a webhook that is no text', { webhook: 7 }, 'alarms[0].webhook is not an absolute URL'],
  ])('refuses %s', (_, change, message) => {
    const problem = problemOf(() => parse({ alarms: [{ ...age, ...change }] }))
    expect(problem.code).toBe('ALARM_RULE_INVALID')
    expect(problem.message).toContain(`alarms.json: ${message}`)
    expect(problem.message).not.toContain('secret"')
    expect(problem.message.split('\n')).toHaveLength(1)
  })

  it('says all problems at once', () => {
    const { message } = problemOf(() =>
      parse({ alarms: [7, { ...age, threshold: null, forMinutes: -1 }, age, age] }),
    )
    expect(message.split('\n').map((line) => line.replace(/;.*/, ''))).toEqual([
      'ALARM_RULE_INVALID alarms.json: alarms[0] is 7',
      'alarms.json: alarms[1].threshold is null',
      'alarms.json: alarms[1].forMinutes is -1',
      'alarms.json: alarms[3].name is "iterator-age", like that of alarms[2]',
    ])
  })

  it.each([
    ['{\n  "alarms": [,]\n}', 'alarms.json:2:14: not JSON'],
    ['', 'alarms.json:1:1: not JSON'],
    ['[]', 'the file has to be an object'],
    ['{"alarms":{}}', 'the file has to be an object'],
    ['{"alarms":[],"more":1}', 'the one member "alarms"'],
  ])('that is %j is refused as a whole', (text, message) => {
    const problem = problemOf(() => parse(text))
    expect(problem.code).toBe('ALARM_FILE_INVALID')
    expect(problem.message).toContain(message)
  })
})

describe('loading', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-alarms-'))
  afterAll(() => rmSync(dir, { recursive: true }))

  it('reads a file, and names one that it cannot read', () => {
    const path = join(dir, 'alarms.json')
    writeFileSync(path, JSON.stringify({ alarms: [age] }))
    expect(loadAlarmRules(path)).toHaveLength(1)
    const missing = problemOf(() => loadAlarmRules(join(dir, 'none.json')))
    expect(missing.code).toBe('ALARM_FILE_UNREADABLE')
    expect(missing.message).toContain(`${join(dir, 'none.json')} cannot be read (ENOENT)`)
    expect(problemOf(() => loadAlarmRules(dir)).message).toContain('(EISDIR)')
  })
})
