/** What is said of redriven letters, over lives of a function that mends and breaks: as a run of the app itself has them. */

import { afterEach, expect, test } from 'vitest'
import type { StreamRecord } from '../function-api.ts'
import type { InProcessApp } from '../running-app.ts'
import { each, save, start, tempDir, testApp } from '../testing/app-kit.ts'
import { DeadLetters } from './dead-letters.ts'
import type { RedriveOutcomes } from './redrive-outcomes.ts'

const records = Array.from({ length: 12 }, (_, n) => ({ key: `k${n}`, value: { n } }))
const opened: { app: InProcessApp; remove(): void }[] = []
afterEach(async () => {
  for (const { app, remove } of opened.splice(0)) {
    await app.close()
    remove()
  }
})

/** The app with a function that fails for the numbers in `bad`, which a test changes as it goes. */
async function open(form: 'batch' | 'each') {
  const temp = tempDir()
  const bad = new Set<number>()
  const check = (record: StreamRecord) => {
    const { n } = record.json<{ n: number }>()
    if (bad.has(n)) throw Object.assign(new Error(`number ${n} is bad`), { code: 'BAD' })
  }
  const functions = [
    form === 'batch'
      ? save((batch) => batch.forEach(check), { maxRetries: 0, batchSize: 1 })
      : each(check, { maxRetries: 0 }),
  ]
  const { app } = await start(testApp({ records, functions }), temp.dir)
  opened.push({ app, remove: temp.remove })
  return { app, bad, letters: new DeadLetters(app.store) }
}

const outcomes = ({ letters }: RedriveOutcomes) =>
  Object.fromEntries(
    letters.map(({ partitionKey, redrives, outcome }) => [`${partitionKey} ${redrives}`, outcome]),
  )

test.each(['batch', 'each'] as const)(
  'letters of a function (%s) wait, come out, or die again',
  async (form) => {
    const { app, bad, letters } = await open(form)
    for (const n of [1, 2, 3]) bad.add(n)
    await app.runUntilIdle()
    const look = () => letters.outcomes({ stage: 'save', limit: 100 })
    expect(look()).toEqual({ letters: [], waiting: 0, done: 0, died: 0, older: 0 })

    bad.delete(1)
    const { sent } = await letters.redrive({ stage: 'save' })
    expect(sent).toEqual([{ stage: 'save', shard: 0, from: 0, to: 3 }])
    expect(outcomes(look())).toEqual({ 'k1 1': 'waiting', 'k2 1': 'waiting', 'k3 1': 'waiting' })
    expect(look()).toMatchObject({ waiting: 3, done: 0, died: 0 })

    await app.runUntilIdle()
    expect(outcomes(look())).toEqual({ 'k1 1': 'done', 'k2 1': 'died', 'k3 1': 'died' })
    expect(look().letters.find(({ partitionKey }) => partitionKey === 'k2')).toMatchObject({
      error: { code: 'BAD', message: 'number 2 is bad' },
      failure: { code: 'BAD' },
    })

    // Another life: one comes out, the other stays in the stage's hands; what the first life ended in does not change.
    bad.delete(2)
    const again = await letters.redrive({ key: 'k2' })
    expect(again.sent).toEqual([{ stage: 'save', shard: 0, from: 3, to: 4 }])
    expect(outcomes(look())).toEqual({
      'k1 1': 'done',
      'k2 1': 'died',
      'k3 1': 'died',
      'k2 2': 'waiting',
    })
    expect(outcomes(letters.outcomes({ stage: 'save', from: 3, to: 4, limit: 10 }))).toEqual({
      'k2 2': 'waiting',
    })
    expect(outcomes(letters.outcomes({ stage: 'save', to: 3, limit: 10 }))).toMatchObject({ 'k2 1': 'died' })
    await app.runUntilIdle()
    expect(outcomes(look())).toMatchObject({ 'k2 1': 'died', 'k2 2': 'done' })
    expect(look()).toMatchObject({ waiting: 0, done: 2, died: 2, older: 0 })
    expect(letters.outcomes({ stage: 'save', limit: 1 })).toMatchObject({
      letters: [{ partitionKey: 'k2', redrives: 2 }],
      done: 2,
    })
  },
)

test('a stage that never had a letter, or is none, has no outcomes', async () => {
  const { letters } = await open('batch')
  expect(letters.outcomes({ stage: 'nobody', limit: 5 })).toEqual({
    letters: [],
    waiting: 0,
    done: 0,
    died: 0,
    older: 0,
  })
})
