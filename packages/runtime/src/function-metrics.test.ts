/** What a mapping does shows in the function's metrics, by the definitions of AWS/Lambda. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FunctionTally } from './mapping/function-tally.ts'
import { save, start, tempDir, testApp } from './testing/app-kit.ts'

let dir: ReturnType<typeof tempDir>
beforeEach(() => {
  dir = tempDir()
})
afterEach(() => dir.remove())

test('invocations, errors and ages of a function that fails twice', async () => {
  const records = Array.from({ length: 10 }, (_, i) => ({ key: 'k', value: { id: `i${i}` } }))
  const tally = new FunctionTally()
  const asked: string[] = []
  let calls = 0
  const handler = (): void => {
    if (++calls <= 2) throw new Error('not yet')
  }
  const app = testApp({
    records,
    shards: 1,
    functions: [save(handler, { batchSize: 10, parallelization: 1, maxRetries: 5 })],
  })
  const { app: running, clock } = await start(app, dir.dir, {
    meter: (name) => {
      asked.push(name)
      return tally
    },
  })
  await running.runUntilIdle()
  const once = tally.take()
  expect(once).toMatchObject({
    Invocations: { sum: 1, count: 1 },
    Errors: { sum: 1, count: 1 },
    IteratorAge: { sum: 0, count: 1 },
    ConcurrentExecutions: { max: 1 },
  })
  const before = clock.now()
  await running.runToEnd()
  const waited = clock.now() - before
  expect(waited).toBeGreaterThan(0)
  expect(tally.take()).toMatchObject({
    Invocations: { sum: 2, count: 2 },
    Errors: { sum: 1, count: 2, min: 0, max: 1 },
    // Handed over again after the waits between the tries.
    IteratorAge: { count: 2, max: waited },
  })
  await running.close()
  expect(asked).toContain('save')
})
