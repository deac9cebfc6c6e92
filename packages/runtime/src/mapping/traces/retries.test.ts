/** Golden traces of retries, age and expiry: the rules of Lambda's poller for streams. */
import { expect, test } from 'vitest'
import { type TracedCall, trace } from '../testing/trace.ts'

/** Fails as often as it is called with this record. */
const failsWith = (bad: number) => (call: TracedCall) => (call.numbers.includes(bad) ? 'throw' : 'ok')

test('a failing batch is tried again, whole, with growing waits until it succeeds', async () => {
  expect(
    await trace({ feed: ['0s a1-10'], script: ['throw', 'throw', 'throw', 'ok'] }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-10 -> throw
        1.0s  call 1-10 try 2 -> throw
        3.0s  call 1-10 try 3 -> throw
        7.0s  call 1-10 try 4 -> ok
        7.0s  done 10
    "
  `)
})

test('1 + maxRetries tries, then the records are given up and the lane goes on', async () => {
  expect(
    await trace({
      mapping: { maxRetries: 2, batchSize: 10 },
      feed: ['0s a1-12'],
      script: ['throw', 'throw', 'throw', 'ok'],
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-10 -> throw
        1.0s  call 1-10 try 2 -> throw
        3.0s  call 1-10 try 3 -> throw
        3.0s  done 10
        3.0s  report of 10 RetryAttemptsExhausted, tries 3
        3.0s  dead 1-10 Error
        3.0s  call 11-12 -> ok
        3.0s  done 12
    "
  `)
})

test('no retries: one try', async () => {
  expect(
    await trace({ mapping: { maxRetries: 0 }, feed: ['0s a1-3', '5s a4'], script: ['throw', 'ok'] }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-3 -> throw
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 Error
        5.0s  call 4 -> ok
        5.0s  done 4
    "
  `)
})

test('a throttled call is no try: it comes again, and the count of tries stays', async () => {
  expect(
    await trace({
      mapping: { maxRetries: 1 },
      feed: ['0s a1-3'],
      script: ['throttle', 'throttle', 'throw', 'throttle', 'throw', 'ok'],
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-3 -> throttle
        1.0s  call 1-3 -> throttle
        3.0s  call 1-3 -> throw
        4.0s  call 1-3 try 2 -> throttle
        5.0s  call 1-3 try 2 -> throw
        5.0s  done 3
        5.0s  report of 3 RetryAttemptsExhausted, tries 2
        5.0s  dead 1-3 Error
    "
  `)
})

test('throttled for ever, records are given up by their age', async () => {
  expect(
    await trace({
      mapping: { maxRetries: 0, maxRecordAgeMs: 60_000 },
      feed: ['0s a1', '20s a2'],
      script: ['throttle'],
      until: '200s',
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1 -> throttle
        1.0s  call 1 -> throttle
        3.0s  call 1 -> throttle
        7.0s  call 1 -> throttle
       15.0s  call 1 -> throttle
       31.0s  call 1 -> throttle
       63.0s  done 1
       63.0s  report of 1 RecordAgeExceeded, tries 0
       63.0s  dead 1 RECORD_TOO_OLD
       63.0s  call 2 -> throttle
       64.0s  call 2 -> throttle
       66.0s  call 2 -> throttle
       70.0s  call 2 -> throttle
       78.0s  call 2 -> throttle
       94.0s  done 2
       94.0s  report of 1 RecordAgeExceeded, tries 0
       94.0s  dead 2 RECORD_TOO_OLD
    "
  `)
})

test('only the records that are too old are given up, between two tries', async () => {
  expect(
    await trace({
      mapping: { maxRecordAgeMs: 60_000, batchingWindowMs: 30_000 },
      feed: ['0s a1 a2', '29s a3 a4'],
      script: (call) => (call.atMs < 75_000 ? 'throw' : 'ok'),
      until: '130s',
      limits: { retryDelayMs: 20_000, retryDelayMaxMs: 40_000 },
    }),
  ).toMatchInlineSnapshot(`
    "
       30.0s  call 1-4 -> throw
       40.0s  call 1-4 try 2 -> throw
       60.0s  call 1-4 try 3 -> throw
       80.0s  done 2
       80.0s  report of 2 RecordAgeExceeded, tries 3
       80.0s  dead 1-2 RECORD_TOO_OLD
       80.0s  call 3-4 try 4 -> ok
       80.0s  done 4
    "
  `)
})

test('records that are too old already are given up untried', async () => {
  expect(
    await trace({
      mapping: { maxRecordAgeMs: 60_000, batchSize: 2 },
      feed: ['0s a1 a2 a3', '65s a4'],
      script: (call) => (call.atMs < 70_000 ? '70s ok' : 'ok'),
      until: '100s',
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-2 -> 70s ok
       70.0s  end  1-2
       70.0s  done 2
       70.0s  done 3
       70.0s  report of 1 RecordAgeExceeded, tries 0
       70.0s  dead 3 RECORD_TOO_OLD
       70.0s  call 4 -> ok
       70.0s  done 4
    "
  `)
})

test('a record that its stream has deleted meanwhile is given up, whole, and without a report', async () => {
  expect(
    await trace({
      retentionMs: 3_600_000,
      feed: ['0s a1', '600s a2'],
      script: failsWith(1),
      until: '5000s',
      limits: { retryDelayMs: 1_800_000, retryDelayMaxMs: 1_800_000 },
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1 -> throw
      900.0s  call 1 try 2 -> throw
     1800.0s  call 1 try 3 -> throw
     2700.0s  call 1 try 4 -> throw
     3600.0s  call 1 try 5 -> throw
     4500.0s  done 1
     4500.0s  dead 1 RECORD_EXPIRED
     4500.0s  call 2 -> ok
     4500.0s  done 2
    "
  `)
})

test('bisect: halves, the first one first, until the bad record is alone; splitting is no try', async () => {
  expect(
    await trace({
      mapping: { bisect: true, maxRetries: 1, batchSize: 10 },
      feed: ['0s a1-10'],
      script: failsWith(5),
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-10 -> throw
        0.0s  call 1-5 -> throw
        0.0s  call 1-3 -> ok
        0.0s  done 3
        0.0s  call 4-5 -> throw
        0.0s  call 4 -> ok
        0.0s  done 4
        0.0s  call 5 -> throw
        1.0s  call 5 try 2 -> throw
        1.0s  done 5
        1.0s  report of 1 RetryAttemptsExhausted, tries 2
        1.0s  dead 5 Error
        1.0s  call 6-10 -> ok
        1.0s  done 10
    "
  `)
})

test('bisect with two bad records', async () => {
  expect(
    await trace({
      mapping: { bisect: true, maxRetries: 0, batchSize: 4 },
      feed: ['0s a1-4'],
      script: (call) => (call.numbers.includes(2) || call.numbers.includes(3) ? 'throw' : 'ok'),
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-4 -> throw
        0.0s  call 1-2 -> throw
        0.0s  call 1 -> ok
        0.0s  done 1
        0.0s  call 2 -> throw
        0.0s  done 2
        0.0s  report of 1 RetryAttemptsExhausted, tries 1
        0.0s  dead 2 Error
        0.0s  call 3-4 -> throw
        0.0s  call 3 -> throw
        0.0s  done 3
        0.0s  report of 1 RetryAttemptsExhausted, tries 1
        0.0s  dead 3 Error
        0.0s  call 4 -> ok
        0.0s  done 4
    "
  `)
})

test('a stop in the middle of retries: what is done stays done, what is not comes again with a new count', async () => {
  expect(
    await trace({
      mapping: { maxRetries: 2, bisect: true },
      feed: ['0s a1-4'],
      restarts: ['2.5s'],
      script: failsWith(4),
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-4 -> throw
        0.0s  call 1-2 -> ok
        0.0s  done 2
        0.0s  call 3-4 -> throw
        0.0s  call 3 -> ok
        0.0s  done 3
        0.0s  call 4 -> throw
        1.0s  call 4 try 2 -> throw
        2.5s  restart
        2.5s  call 4 -> throw
        3.5s  call 4 try 2 -> throw
        5.5s  call 4 try 3 -> throw
        5.5s  done 4
        5.5s  report of 1 RetryAttemptsExhausted, tries 3
        5.5s  dead 4 Error
    "
  `)
})

test('redriven records come as what they were, with positions and tries of their own', async () => {
  expect(
    await trace({
      mapping: { maxRetries: 1, parallelization: 2 },
      feed: ['0s a1 d2 a3', '25s a4'],
      script: (call) => (call.atMs < 10_000 || call.numbers.includes(2) ? 'throw' : 'ok'),
      redriveAt: '20s',
      restarts: ['20.5s'],
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 2 -> throw
        0.0s  call 1 3 -> throw
        1.0s  call 2 try 2 -> throw
        1.0s  call 1 3 try 2 -> throw
        1.0s  done 3|3
        1.0s  report of 1 RetryAttemptsExhausted, tries 2
        1.0s  report of 2 RetryAttemptsExhausted, tries 2
        1.0s  dead 1-3 Error
       20.0s  redriven 3
       20.0s  call 2 -> throw
       20.0s  call 1 3 -> ok
       20.0s  done 3|3, 1|3
       20.5s  restart
       20.5s  call 2 -> throw
       21.5s  call 2 try 2 -> throw
       21.5s  done 3|3, 3|3
       21.5s  report of 1 RetryAttemptsExhausted, tries 2
       21.5s  dead 2 Error
       25.0s  call 4 -> ok
       25.0s  done 4|4, 3|3
    "
  `)
})
