import { fullAccess as everything } from '@millrace/lake'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callerLakeAccess, lakeAccess } from './lake-access.ts'
import { fullAccess, policyAllows } from './policy.ts'

const seed = Number(process.env.SEED ?? 20_261_121)

test.each([
  ['lake', 'orders/', true],
  ['lake', 'orders/2026/', true],
  ['lake', 'orders', false],
  ['lake', '', false],
  ['lake', 'orders-old/', false],
  ['lake', 'public/', true],
  ['open', '', true],
  ['open', 'a/b/', true],
  ['opened', '', false],
  ['one', 'file', false],
])('of %s, prefix "%s": %s', (bucket, prefix, allowed) => {
  const access = lakeAccess([
    { allow: ['lake:Read'], streams: ['lake/orders/*', 'open/*', 'one/file'] },
    { allow: ['LAKE:*'], streams: ['lake/public/*'] },
    { allow: ['kinesis:*'], streams: ['*'] },
  ])
  expect(access.mayRead(bucket, prefix)).toBe(allowed)
})

test('full access reads everything, no statement nothing', () => {
  expect(lakeAccess(fullAccess)).toBe(everything)
  const buckets = lakeAccess([{ allow: ['lake:*'], streams: ['*'] }])
  expect(buckets.mayRead('lake', '')).toBe(true)
  // Keyed tables are in no bucket.
  expect(buckets).not.toBe(everything)
  expect(lakeAccess([]).mayRead('lake', 'orders/')).toBe(false)
})

test('a caller reads what its signature allows', () => {
  const policy = [{ allow: ['lake:Read'], streams: ['lake/orders/*'] }]
  const access = callerLakeAccess({
    authorize: (action, resource) => {
      if (!policyAllows(policy, action, resource)) throw new Error('refused')
    },
  })
  expect(access.mayRead('lake', 'orders/2026/')).toBe(true)
  expect(access.mayRead('lake', 'staff/')).toBe(false)
})

test(`who may read a prefix may read every object below it (seed ${seed})`, () => {
  const text = (letters: string[]) =>
    fc.array(fc.constantFrom(...letters), { maxLength: 5 }).map((all) => all.join(''))
  fc.assert(
    fc.property(
      text(['a', '/', '*', '?']),
      text(['a', 'b', '/']),
      text(['a', 'b', '/', '*']),
      (pattern, prefix, rest) => {
        const policy = [{ allow: ['lake:Read'], streams: [`lake/${pattern}`] }]
        fc.pre(lakeAccess(policy).mayRead('lake', prefix))
        // An object whose key ends in a star is asked for by a prefix, so it is left out here.
        fc.pre(!rest.endsWith('*'))
        expect(policyAllows(policy, 'lake:Read', `arn:aws:s3:::lake/${prefix}${rest}`)).toBe(true)
      },
    ),
    { seed, numRuns: 2000 },
  )
})
