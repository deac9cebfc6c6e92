import { expect, it } from 'vitest'
import { FunctionTally } from './function-tally.ts'

const one = (value: number) => ({ sum: value, count: 1, min: value, max: value })

it('a tally has each invocation once, and begins anew when it is taken', () => {
  const tally = new FunctionTally()
  expect(tally.take()).toBeUndefined()
  tally.started(30)
  tally.started(-1)
  tally.ended(12, false)
  tally.ended(4, true)
  expect(tally.take()).toEqual({
    Invocations: { sum: 2, count: 2, min: 1, max: 1 },
    Errors: { sum: 1, count: 2, min: 0, max: 1 },
    Duration: { sum: 16, count: 2, min: 4, max: 12 },
    ConcurrentExecutions: { sum: 3, count: 2, min: 1, max: 2 },
    IteratorAge: { sum: 30, count: 2, min: 0, max: 30 },
  })
  expect(tally.take()).toBeUndefined()
})

it('what is refused is neither an invocation nor an error, and does not run', () => {
  const tally = new FunctionTally()
  tally.started(5)
  tally.throttled()
  tally.started(undefined)
  tally.ended(1, false)
  const taken = tally.take()
  expect(taken).toMatchObject({
    Throttles: one(1),
    IteratorAge: one(5),
    Invocations: one(1),
    Errors: one(0),
    ConcurrentExecutions: one(1),
  })
  tally.deadLetterFailed()
  tally.destinationFailed()
  expect(tally.take()).toEqual({ DeadLetterErrors: one(1), DestinationDeliveryFailures: one(1) })
})
