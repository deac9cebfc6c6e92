/** Golden traces of tumbling windows. */
import { expect, test } from 'vitest'
import { type TracedCall, trace } from '../testing/trace.ts'

const windows = { tumblingWindowMs: 30_000 } as const

/** Counts the records of its window. */
const counts = ({ state, numbers }: TracedCall): string =>
  `state {"n":${Number(state?.n ?? 0) + numbers.length}}`

test('state goes from call to call within a window; the final call comes without records, by the clock', async () => {
  expect(
    await trace({ mapping: windows, feed: ['1s a1 a2', '12s a3', '35s a4'], script: counts, until: '70s' }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1-2 of 0..30s {} -> state {"n":2}
        1.0s  done 2 (window 0s)
       12.0s  call 3 of 0..30s {"n":2} -> state {"n":3}
       12.0s  done 3 (window 0s)
       30.0s  call none of 0..30s {"n":3} final -> state {"n":3}
       30.0s  done 3
       35.0s  call 4 of 30..60s {} -> state {"n":1}
       35.0s  done 4 (window 30s)
       60.0s  call none of 30..60s {"n":1} final -> state {"n":1}
       60.0s  done 4
    "
  `)
})

test('a record of a later window ends the window before it, and no batch holds records of two', async () => {
  expect(
    await trace({
      mapping: { ...windows, batchingWindowMs: 40_000 },
      feed: ['1s a1', '29s a2', '31s a3 a4', '59s a5'],
      script: counts,
      until: '100s',
    }),
  ).toMatchInlineSnapshot(`
    "
       30.0s  call 1-2 of 0..30s {} -> state {"n":2}
       30.0s  done 2 (window 0s)
       30.0s  call none of 0..30s {"n":2} final -> state {"n":2}
       30.0s  done 2
       60.0s  call 3-5 of 30..60s {} -> state {"n":3}
       60.0s  done 5 (window 30s)
       60.0s  call none of 30..60s {"n":3} final -> state {"n":3}
       60.0s  done 5
    "
  `)
})

test('records that waited over the end of their window come before its final call', async () => {
  expect(
    await trace({
      mapping: windows,
      feed: ['1s a1', '20s a2', '31s a3'],
      script: (call) => (call.atMs < 5_000 ? `40s ${counts(call)}` : counts(call)),
      until: '70s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1 of 0..30s {} -> 40s state {"n":1}
       41.0s  end  1
       41.0s  done 1 (window 0s)
       41.0s  call 2 of 0..30s {"n":1} -> state {"n":2}
       41.0s  done 2 (window 0s)
       41.0s  call none of 0..30s {"n":2} final -> state {"n":2}
       41.0s  done 2
       41.0s  call 3 of 30..60s {} -> state {"n":1}
       41.0s  done 3 (window 30s)
       60.0s  call none of 30..60s {"n":1} final -> state {"n":1}
       60.0s  done 3
    "
  `)
})

test('a window without records has no call', async () => {
  expect(
    await trace({ mapping: windows, feed: ['1s a1', '95s a2'], script: counts, until: '130s' }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1 of 0..30s {} -> state {"n":1}
        1.0s  done 1 (window 0s)
       30.0s  call none of 0..30s {"n":1} final -> state {"n":1}
       30.0s  done 1
       95.0s  call 2 of 90..120s {} -> state {"n":1}
       95.0s  done 2 (window 90s)
      120.0s  call none of 90..120s {"n":1} final -> state {"n":1}
      120.0s  done 2
    "
  `)
})

test('an answer without state is a failure', async () => {
  expect(
    await trace({
      mapping: windows,
      feed: ['1s a1'],
      script: ['ok', 'return {"batchItemFailures":[]}', 'return {"state":5}', 'state {"n":1}'],
      until: '40s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1 of 0..30s {} -> ok
        2.0s  call 1 try 2 of 0..30s {} -> return {"batchItemFailures":[]}
        4.0s  call 1 try 3 of 0..30s {} -> return {"state":5}
        8.0s  call 1 try 4 of 0..30s {} -> state {"n":1}
        8.0s  done 1 (window 0s)
       30.0s  call none of 0..30s {"n":1} final -> state {"n":1}
       30.0s  done 1
    "
  `)
})

test('a batch that is given up leaves the state as it was', async () => {
  expect(
    await trace({
      mapping: { ...windows, maxRetries: 1, batchSize: 2 },
      feed: ['1s a1 a2 a3 a4 a5'],
      script: (call) => (call.numbers.includes(3) ? 'throw' : counts(call)),
      until: '40s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1-2 of 0..30s {} -> state {"n":2}
        1.0s  done 2 (window 0s)
        1.0s  call 3-4 of 0..30s {"n":2} -> throw
        2.0s  call 3-4 try 2 of 0..30s {"n":2} -> throw
        2.0s  done 4 (window 0s)
        2.0s  report of 2 RetryAttemptsExhausted, tries 2
        2.0s  dead 3-4 Error
        2.0s  call 5 of 0..30s {"n":2} -> state {"n":3}
        2.0s  done 5 (window 0s)
       30.0s  call none of 0..30s {"n":3} final -> state {"n":3}
       30.0s  done 5
    "
  `)
})

test('item failures: the state of the call that made progress stays', async () => {
  expect(
    await trace({
      mapping: { ...windows, reportItemFailures: true },
      feed: ['1s a1-5'],
      script: ['state {"n":3} items 4', 'state {"n":9} items 4', 'state {"n":5}', 'state {}'],
      until: '40s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1-5 of 0..30s {} -> state {"n":3} items 4
        1.0s  done 3 (window 0s)
        2.0s  call 4-5 try 2 of 0..30s {"n":3} -> state {"n":9} items 4
        4.0s  call 4-5 try 3 of 0..30s {"n":3} -> state {"n":5}
        4.0s  done 5 (window 0s)
       30.0s  call none of 0..30s {"n":5} final -> state {}
       30.0s  done 5
    "
  `)
})

test('a state above 1 MiB ends the window early; what still comes begins with an empty one', async () => {
  const script = (call: TracedCall): string =>
    call.numbers.includes(2) ? `state {"n":2,"text":"${'x'.repeat(1024 * 1024)}"}` : counts(call)
  expect(
    await trace({
      mapping: { ...windows, batchSize: 1 },
      feed: ['1s a1 a2 a3', '5s a4'],
      script,
      until: '40s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1 of 0..30s {} -> state {"n":1}
        1.0s  done 1 (window 0s)
        1.0s  call 2 of 0..30s {"n":1} -> state {"n":2,"text":... (1048599 bytes)
        1.0s  done 2 (window 0s)
        1.0s  call none of 0..30s {1048593 bytes} final early -> state {"n":2}
        1.0s  done 2
        1.0s  call 3 of 0..30s {} -> state {"n":1}
        1.0s  done 3 (window 0s)
        5.0s  call 4 of 0..30s {"n":1} -> state {"n":2}
        5.0s  done 4 (window 0s)
       30.0s  call none of 0..30s {"n":2} final -> state {"n":2}
       30.0s  done 4
    "
  `)
})

test('a state above 1 MiB ends the window before what is left of a batch is tried, in halves or from an item on', async () => {
  const large = `state {"text":"${'x'.repeat(1024 * 1024)}"}`
  const halves = (call: TracedCall): string =>
    call.numbers.length === 4 ? 'throw' : call.numbers.includes(1) ? large : counts(call)
  expect(
    await trace({
      mapping: { ...windows, bisect: true },
      feed: ['1s a1 a2 a3 a4'],
      script: halves,
      until: '40s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1-4 of 0..30s {} -> throw
        1.0s  call 1-2 of 0..30s {} -> state {"text":"xxxxx... (1048593 bytes)
        1.0s  done 2 (window 0s)
        1.0s  call none of 0..30s {1048587 bytes} final early -> state {"n":0}
        1.0s  done 2
        1.0s  call 3-4 of 0..30s {} -> state {"n":2}
        1.0s  done 4 (window 0s)
       30.0s  call none of 0..30s {"n":2} final -> state {"n":2}
       30.0s  done 4
    "
  `)
  const items = (call: TracedCall): string => (call.numbers.length === 4 ? `${large} items 3` : counts(call))
  expect(
    await trace({
      mapping: { ...windows, reportItemFailures: true },
      feed: ['1s a1 a2 a3 a4'],
      script: items,
      until: '40s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1-4 of 0..30s {} -> state {"text":"xxxxx... (1048601 bytes)
        1.0s  done 2 (window 0s)
        1.0s  call none of 0..30s {1048587 bytes} final early -> state {"n":0}
        1.0s  done 2
        2.0s  call 3-4 try 2 of 0..30s {} -> state {"n":2}
        2.0s  done 4 (window 0s)
       30.0s  call none of 0..30s {"n":2} final -> state {"n":2}
       30.0s  done 4
    "
  `)
})

test('a final call that fails blocks the shard, and is tried until it succeeds', async () => {
  const failing = (call: TracedCall): string => (call.isFinal && call.attempt < 4 ? 'throw' : counts(call))
  expect(
    await trace({
      mapping: { ...windows, maxRetries: 1 },
      feed: ['1s a1', '31s a2'],
      script: failing,
      until: '65s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1 of 0..30s {} -> state {"n":1}
        1.0s  done 1 (window 0s)
       30.0s  call none of 0..30s {"n":1} final -> throw
       31.0s  call none try 2 of 0..30s {"n":1} final -> throw
       33.0s  call none try 3 of 0..30s {"n":1} final -> throw
       37.0s  call none try 4 of 0..30s {"n":1} final -> state {"n":1}
       37.0s  done 1
       37.0s  call 2 of 30..60s {} -> state {"n":1}
       37.0s  done 2 (window 30s)
       60.0s  call none of 30..60s {"n":1} final -> throw
       61.0s  call none try 2 of 30..60s {"n":1} final -> throw
       63.0s  call none try 3 of 30..60s {"n":1} final -> throw
    "
  `)
})

test('windows are one sequence for each shard, whatever the parallelization', async () => {
  expect(
    await trace({
      mapping: { ...windows, parallelization: 5, batchSize: 2 },
      feed: ['1s a1 b2 c3 d4'],
      script: counts,
      until: '40s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1-2 of 0..30s {} -> state {"n":2}
        1.0s  done 2 (window 0s)
        1.0s  call 3-4 of 0..30s {"n":2} -> state {"n":4}
        1.0s  done 4 (window 0s)
       30.0s  call none of 0..30s {"n":4} final -> state {"n":4}
       30.0s  done 4
    "
  `)
})

test('the end of a shard closes its window, and its children begin afresh', async () => {
  expect(
    await trace({
      mapping: windows,
      feed: ['1s a1 a2', '6s / b3', '7s / / c4'],
      splitAt: '5s',
      script: counts,
      until: '40s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call shard 0 1-2 of 0..30s {} -> state {"n":2}
        1.0s  done 2 (window 0s)
        5.0s  split shard 0
        5.0s  call shard 0 none of 0..30s {"n":2} final -> state {"n":2}
        5.0s  done 2, 0, 0
        6.0s  call shard 1 3 of 0..30s {} -> state {"n":1}
        6.0s  done 2, 1 (window 0s), 0
        7.0s  call shard 2 4 of 0..30s {} -> state {"n":1}
        7.0s  done 2, 1 (window 0s), 1 (window 0s)
       30.0s  call shard 1 none of 0..30s {"n":1} final -> state {"n":1}
       30.0s  call shard 2 none of 0..30s {"n":1} final -> state {"n":1}
       30.0s  done 2, 1, 1
    "
  `)
})

test('after a stop the window goes on with its state', async () => {
  expect(
    await trace({
      mapping: windows,
      feed: ['1s a1 a2', '12s a3'],
      restarts: ['10s', '20s'],
      script: counts,
      until: '40s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1-2 of 0..30s {} -> state {"n":2}
        1.0s  done 2 (window 0s)
       10.0s  restart
       12.0s  call 3 of 0..30s {"n":2} -> state {"n":3}
       12.0s  done 3 (window 0s)
       20.0s  restart
       30.0s  call none of 0..30s {"n":3} final -> state {"n":3}
       30.0s  done 3
    "
  `)
})

test('carryState hands the last state on to the next window', async () => {
  expect(
    await trace({
      mapping: { ...windows, carryState: true },
      feed: ['1s a1 a2', '35s a3', '95s a4'],
      restarts: ['70s'],
      script: counts,
      until: '130s',
    }),
  ).toMatchInlineSnapshot(`
    "
        1.0s  call 1-2 of 0..30s {} -> state {"n":2}
        1.0s  done 2 (window 0s)
       30.0s  call none of 0..30s {"n":2} final -> state {"n":2}
       30.0s  done 2
       35.0s  call 3 of 30..60s {"n":2} -> state {"n":3}
       35.0s  done 3 (window 30s)
       60.0s  call none of 30..60s {"n":3} final -> state {"n":3}
       60.0s  done 3
       70.0s  restart
       95.0s  call 4 of 90..120s {"n":3} -> state {"n":4}
       95.0s  done 4 (window 90s)
      120.0s  call none of 90..120s {"n":4} final -> state {"n":4}
      120.0s  done 4
    "
  `)
})
