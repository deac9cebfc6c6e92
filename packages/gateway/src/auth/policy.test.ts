/** Policies: patterns against an oracle, and what is no stream. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullAccess, policyAllows } from './policy.ts'

const arn = (name: string) => `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`
const table = (name: string) => `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`

test.each([
  ['kinesis:PutRecord', arn('orders'), true],
  ['kinesis:PutRecords', arn('orders-eu'), true],
  ['KINESIS:putrecords', arn('orders'), true],
  ['kinesis:GetRecords', arn('orders'), false],
  ['kinesis:PutRecord', arn('other'), false],
  ['kinesis:PutRecord', arn('xorders'), false],
  ['kinesis:SubscribeToShard', `${arn('clicks')}/consumer/app:1`, true],
  ['kinesis:SubscribeToShard', `${arn('orders')}/consumer/clicks:1`, false],
  ['kinesis:ListStreams', '*', false],
  ['dynamodb:PutItem', table('carts'), true],
  ['dynamodb:Query', `${table('carts')}/index/by-day`, true],
  ['dynamodb:GetRecords', `${table('carts')}/stream/2026-01-01T00:00:00.000`, true],
  ['dynamodb:PutItem', table('orders'), false],
  ['kinesis:PutRecord', arn('carts'), false],
])('%s on %s: %s', (action, resource, allowed) => {
  const policy = [
    { allow: ['kinesis:Put*'], streams: ['orders*'] },
    { allow: ['kinesis:*'], streams: ['clicks'] },
    { allow: ['dynamodb:*'], streams: ['carts'] },
  ]
  expect(policyAllows(policy, action, resource)).toBe(allowed)
})

test('full access covers what is no stream; no statement covers nothing', () => {
  expect(policyAllows(fullAccess, 'kinesis:ListStreams', '*')).toBe(true)
  expect(policyAllows([], 'kinesis:ListStreams', '*')).toBe(false)
  expect(policyAllows([{ allow: ['*'], streams: [] }], 'kinesis:PutRecord', arn('a'))).toBe(false)
})

test('a pattern matches what the regular expression of the same meaning matches', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 8 }).map((parts) => parts.join(''))
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '.', '*', '?'), { maxLength: 6 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(pattern, letters, (streams, name) => {
      fc.pre(name !== '')
      const source = streams.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
      expect(policyAllows([{ allow: ['*'], streams: [streams] }], 'kinesis:PutRecord', arn(name))).toBe(
        new RegExp(`^${source}$`).test(name),
      )
    }),
    { seed: Number(process.env.SEED ?? 20_261_121), numRuns: 3000 },
  )
})

test('a pattern made to be slow is not', () => {
  const streams = [`${'a*'.repeat(60)}b`]
  expect(policyAllows([{ allow: ['*'], streams }], 'kinesis:PutRecord', arn('a'.repeat(128)))).toBe(false)
})
