/** Golden traces of partial batch responses ("custom checkpoints"). */
import { expect, test } from 'vitest'
import { type TracedCall, trace } from '../testing/trace.ts'

const reporting = { reportItemFailures: true, batchSize: 10 } as const

test('the walk through: records 4, 7 and 10 fail once each', async () => {
  expect(
    await trace({ mapping: reporting, feed: ['0s a1-10'], script: ['items 4', 'items 7', 'items 10', 'ok'] }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-10 -> items 4
        0.0s  done 3
        1.0s  call 4-10 try 2 -> items 7
        1.0s  done 6
        2.0s  call 7-10 try 2 -> items 10
        2.0s  done 9
        3.0s  call 10 try 2 -> ok
        3.0s  done 10
    "
  `)
})

test('of several records that are named the lowest counts', async () => {
  expect(
    await trace({ mapping: reporting, feed: ['0s a1-10'], script: ['items 9 4 7', 'ok'] }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-10 -> items 9 4 7
        0.0s  done 3
        1.0s  call 4-10 try 2 -> ok
        1.0s  done 10
    "
  `)
})

test('answers that mean that all is done', async () => {
  const lines: string[] = []
  for (const answer of [
    'null',
    '""',
    '{}',
    '[]',
    '{"batchItemFailures":[]}',
    '{"batchItemFailures":null}',
    '{"other":1}',
  ]) {
    const text = await trace({
      mapping: reporting,
      feed: ['0s a1-3'],
      script: [`return ${answer}`],
      until: '9s',
    })
    lines.push(text)
  }
  expect(lines.join('')).toMatchInlineSnapshot(`
    "
        0.0s  call 1-3 -> return null
        0.0s  done 3

        0.0s  call 1-3 -> return ""
        0.0s  done 3

        0.0s  call 1-3 -> return {}
        0.0s  done 3

        0.0s  call 1-3 -> return []
        0.0s  done 3

        0.0s  call 1-3 -> return {"batchItemFailures":[]}
        0.0s  done 3

        0.0s  call 1-3 -> return {"batchItemFailures":null}
        0.0s  done 3

        0.0s  call 1-3 -> return {"other":1}
        0.0s  done 3
    "
  `)
})

test('answers that mean that the whole batch has failed', async () => {
  const lines: string[] = []
  for (const answer of [
    '{"batchItemFailures":[{"itemIdentifier":""}]}',
    '{"batchItemFailures":[{"itemIdentifier":null}]}',
    '{"batchItemFailures":[{}]}',
    '{"batchItemFailures":[{"id":"2"}]}',
    '{"batchItemFailures":[{"itemIdentifier":"99"}]}',
    '{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"99"}]}',
    '{"batchItemFailures":"2"}',
    '5',
    '"2"',
    '[1]',
  ]) {
    const mapping = { ...reporting, maxRetries: 0 }
    lines.push(await trace({ mapping, feed: ['0s a1-3'], script: [`return ${answer}`], until: '9s' }))
  }
  expect(lines.join('')).toMatchInlineSnapshot(`
    "
        0.0s  call 1-3 -> return {"batchItemFailures":[{"itemIdentifier":""}]}
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID

        0.0s  call 1-3 -> return {"batchItemFailures":[{"itemIdentifier":null}]}
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID

        0.0s  call 1-3 -> return {"batchItemFailures":[{}]}
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID

        0.0s  call 1-3 -> return {"batchItemFailures":[{"id":"2"}]}
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID

        0.0s  call 1-3 -> return {"batchItemFailures":[{"itemIdentifier":"99"}]}
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID

        0.0s  call 1-3 -> return {"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"99"}]}
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID

        0.0s  call 1-3 -> return {"batchItemFailures":"2"}
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID

        0.0s  call 1-3 -> return 5
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID

        0.0s  call 1-3 -> return "2"
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID

        0.0s  call 1-3 -> return [1]
        0.0s  done 3
        0.0s  report of 3 RetryAttemptsExhausted, tries 1
        0.0s  dead 1-3 FUNCTION_RESPONSE_INVALID
    "
  `)
})

test('without the setting what the function returns means nothing', async () => {
  expect(await trace({ feed: ['0s a1-3'], script: ['items 2'] })).toMatchInlineSnapshot(`
    "
        0.0s  call 1-3 -> items 2
        0.0s  done 3
    "
  `)
})

test('tries count from the last progress, and the rest is given up whole', async () => {
  expect(
    await trace({
      mapping: { ...reporting, maxRetries: 1 },
      feed: ['0s a1-10 a11'],
      script: ['items 4', 'items 7', 'items 7', 'ok'],
    }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-10 -> items 4
        0.0s  done 3
        1.0s  call 4-10 try 2 -> items 7
        1.0s  done 6
        2.0s  call 7-10 try 2 -> items 7
        2.0s  done 10
        2.0s  report of 4 RetryAttemptsExhausted, tries 2
        2.0s  dead 7-10 FUNCTION_ITEM_FAILED
        2.0s  call 11 -> ok
        2.0s  done 11
    "
  `)
})

test('no retries: the call that reports an item was its try', async () => {
  expect(
    await trace({ mapping: { ...reporting, maxRetries: 0 }, feed: ['0s a1-5'], script: ['items 4'] }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-5 -> items 4
        0.0s  done 5
        0.0s  report of 2 RetryAttemptsExhausted, tries 1
        0.0s  dead 4-5 FUNCTION_ITEM_FAILED
    "
  `)
})

test('with bisect the batch is cut at the reported number, and halved when the function fails', async () => {
  const script = (call: TracedCall): string =>
    call.numbers.includes(6) ? (call.numbers[0] === 1 ? 'items 4' : 'throw') : 'ok'
  expect(
    await trace({ mapping: { ...reporting, bisect: true, maxRetries: 1 }, feed: ['0s a1-10'], script }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-10 -> items 4
        0.0s  done 3
        1.0s  call 4-10 try 2 -> throw
        1.0s  call 4-7 -> throw
        1.0s  call 4-5 -> ok
        1.0s  done 5
        1.0s  call 6-7 -> throw
        1.0s  call 6 -> throw
        2.0s  call 6 try 2 -> throw
        2.0s  done 6
        2.0s  report of 1 RetryAttemptsExhausted, tries 2
        2.0s  dead 6 Error
        2.0s  call 7 -> ok
        2.0s  done 7
        2.0s  call 8-10 -> ok
        2.0s  done 10
    "
  `)
})

test('progress is committed as soon as it is known: a stop before the retry does not repeat it', async () => {
  expect(
    await trace({ mapping: reporting, feed: ['0s a1-6'], restarts: ['0.5s'], script: ['items 4', 'ok'] }),
  ).toMatchInlineSnapshot(`
    "
        0.0s  call 1-6 -> items 4
        0.0s  done 3
        0.5s  restart
        0.5s  call 4-6 -> ok
        0.5s  done 6
    "
  `)
})
