/** Golden traces of how batches are formed, and of what runs at the same time. */
import { expect, test } from 'vitest'
import { trace } from '../testing/trace.ts'

test('without a window what is there goes at once, up to the batch size', async () => {
  expect(
    await trace({ mapping: { batchSize: 3 }, feed: ['0s a1', '1s a2-8'], script: ['ok'] }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1 -> ok
        0.0s  done 1
        1.0s  call 2-4 -> ok
        1.0s  done 4
        1.0s  call 5-7 -> ok
        1.0s  done 7
        1.0s  call 8 -> ok
        1.0s  done 8
    "
  `)
})

test('a batch waits for its window since the first record, or until it is full', async () => {
  expect(
    await trace({
      mapping: { batchSize: 4, batchingWindowMs: 5_000 },
      feed: ['0s a1', '2s a2', '6s a3', '7s a4-6', '8s a7'],
      script: ['ok'],
    }),
  ).toMatchInlineSnapshot(`
    "
        5.0s  call 1-2 -> ok
        5.0s  done 2
        7.0s  call 3-6 -> ok
        7.0s  done 6
       13.0s  call 7 -> ok
       13.0s  done 7
    "
  `)
})

test('a record that would exceed the size of an event begins the next batch; alone any record goes', async () => {
  expect(
    await trace({
      callBytesMax: 4,
      mapping: { batchingWindowMs: 10_000 },
      feed: ['0s a1 a2 a3 a4 a5 a6', '1s a700000 a8'],
      script: ['ok'],
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-4 -> ok
        0.0s  done 4
        1.0s  call 5-6 -> ok
        1.0s  done 6
        1.0s  call 700000 -> ok
        1.0s  done 7
       11.0s  call 8 -> ok
       11.0s  done 8
    "
  `)
})

test('one call is in flight for each shard; what comes meanwhile is the next batch', async () => {
  expect(
    await trace({
      feed: ['0s a1 a2', '1s a3', '2s a4'],
      script: ['3s ok', 'ok'],
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-2 -> 3s ok
        3.0s  end  1-2
        3.0s  done 2
        3.0s  call 3-4 -> ok
        3.0s  done 4
    "
  `)
})

test('lanes run at the same time, keep the order of each key, and block by themselves', async () => {
  expect(
    await trace({
      mapping: { parallelization: 3, batchSize: 2, maxRetries: 1 },
      feed: ['0s a1 d2 e3 a4 d5 e6 a7 d8 e9'],
      script: (call) => (call.keys.includes('d') ? '1s throw' : '1s ok'),
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1 4 -> 1s ok
        0.0s  call 2 5 -> 1s throw
        0.0s  call 3 6 -> 1s ok
        1.0s  end  1 4
        1.0s  end  2 5
        1.0s  end  3 6
        1.0s  done 6|1|8
        1.0s  call 7 -> 1s ok
        1.0s  call 9 -> 1s ok
        2.0s  end  7
        2.0s  end  9
        2.0s  done 9|1|9
        2.0s  call 2 5 try 2 -> 1s throw
        3.0s  end  2 5
        3.0s  done 9|7|9
        3.0s  report of 2 RetryAttemptsExhausted, tries 2
        3.0s  dead 2 5 Error
        3.0s  call 8 -> 1s throw
        4.0s  end  8
        5.0s  call 8 try 2 -> 1s throw
        6.0s  end  8
        6.0s  done 9|9|9
        6.0s  report of 1 RetryAttemptsExhausted, tries 2
        6.0s  dead 8 Error
    "
  `)
})

test('children come after all of their parent, also while it is retried', async () => {
  expect(
    await trace({
      feed: ['0s a1 a2', '2s / a3 / b4'],
      splitAt: '1s',
      script: ['throw', 'throw', 'throw', 'ok'],
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call shard 0 1-2 -> throw
        1.0s  split shard 0
        1.0s  call shard 0 1-2 try 2 -> throw
        3.0s  call shard 0 1-2 try 3 -> throw
        7.0s  call shard 0 1-2 try 4 -> ok
        7.0s  done 2, 0, 0
        7.0s  call shard 1 3 -> ok
        7.0s  call shard 2 4 -> ok
        7.0s  done 2, 1, 1
    "
  `)
})

test('filters move the position of what they leave out', async () => {
  expect(
    await trace({
      mapping: { filters: ['{"partitionKey":["a"]}'], parallelization: 2 },
      feed: ['0s a1 b2 b3', '1s b4 b5', '2s a6'],
      script: ['throw', 'ok'],
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1 -> throw
        0.0s  done 3|0
        1.0s  call 1 try 2 -> ok
        1.0s  done 5|5
        2.0s  call 6 -> ok
        2.0s  done 6|6
    "
  `)
})

test('a mapping that has never run begins where its starting position says', async () => {
  const script = ['ok']
  const feed = ['1s a1', '2s a2', '3s a3', '14s a4']
  const at = Date.UTC(2026, 0, 1) + 2_000
  const traces = []
  for (const startingPosition of ['TRIM_HORIZON', 'LATEST', { atMs: at }] as const) {
    const mapping = { startingPosition }
    traces.push(
      JSON.stringify(startingPosition),
      await trace({ mapping, feed, script, openAt: '10s', restarts: ['12s'] }),
    )
  }
  expect(traces.join('')).toMatchInlineSnapshot(`
    ""TRIM_HORIZON"
       10.0s  call 1-3 -> ok
       10.0s  done 3
       12.0s  restart
       14.0s  call 4 -> ok
       14.0s  done 4
    "LATEST"
       12.0s  restart
       14.0s  done 3
       14.0s  call 4 -> ok
       14.0s  done 4
    {"atMs":1767225602000}
       10.0s  call 2-3 -> ok
       10.0s  done 3
       12.0s  restart
       14.0s  call 4 -> ok
       14.0s  done 4
    "
  `)
})

test('LATEST is fixed when the mapping is made: a stop before its first record skips nothing', async () => {
  expect(
    await trace({
      mapping: { startingPosition: 'LATEST' },
      feed: ['1s a1', '5s a2', '7s a3'],
      openAt: '3s',
      stoppedAt: '4s',
      restarts: ['6s'],
      script: ['ok'],
    }),
  ).toMatchInlineSnapshot(`
    "
        4.0s  stop
        6.0s  restart
        6.0s  call 2 -> ok
        6.0s  done 2
        7.0s  call 3 -> ok
        7.0s  done 3
    "
  `)
})
