/** A stage whose app lets it read another stream than the one its positions are of. */
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppDefinition, FunctionStage } from './app-model.ts'
import { runInProcess } from './in-process.ts'
import { each, passThrough, save, startMs, tempDir } from './testing/app-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const forms: readonly (readonly [form: string, stage: (from: string, seen: string[]) => FunctionStage])[] = [
  ['batches', (from, seen) => save((records) => void seen.push(...records.map((r) => r.text())), { from })],
  ['single records', (from, seen) => each((record) => void seen.push(record.text()), { from })],
]

test.each(forms)(
  'positions of a function that takes %s do not count for another stream',
  async (_, stage) => {
    const clock = new VirtualClock(startMs)
    const seen: string[] = []
    const open = (from: string) => {
      const streams = ['a', 'b'].map((name) => ({ name, shards: 1, retentionMs: Number.POSITIVE_INFINITY }))
      const app: AppDefinition = { name: 'test', streams, tables: [], stages: [stage(from, seen)] }
      return runInProcess({ app, dataDir: temp.dir, clock, random: seededRandom(1) })
    }
    const first = await open('a')
    for (const stream of ['a', 'b'])
      for (const n of [1, 2])
        first.store.commit((t) =>
          t.append(stream, [{ key: Buffer.from('k'), data: Buffer.from(`${stream}${n}`) }]),
        )
    await first.runUntilIdle()
    await first.close()
    expect(seen).toEqual(['a1', 'a2'])
    await expect(open('b')).rejects.toMatchObject({ code: 'STAGE_INPUT_CHANGED' })
    // As it was before.
    const again = await open('a')
    await again.runUntilIdle()
    expect((await again.close()).stages[0]).toMatchObject({ in: 2, out: 2 })
    expect(seen).toEqual(['a1', 'a2'])
  },
)

test('nor do those of a query', async () => {
  const clock = new VirtualClock(startMs)
  const open = (stream: string) => {
    const streams = ['a', 'b', 'out'].map((name) => ({
      name,
      shards: 1,
      retentionMs: Number.POSITIVE_INFINITY,
    }))
    const stages = [passThrough({ input: { ...passThrough().input, stream } })]
    return runInProcess({
      app: { name: 'test', streams, tables: [], stages },
      dataDir: temp.dir,
      clock,
      random: seededRandom(1),
    })
  }
  const first = await open('a')
  const data = Buffer.from('{"id":"x","n":1}')
  for (const stream of ['a', 'b']) first.store.commit((t) => t.append(stream, [{ key: data, data }]))
  await first.runUntilIdle()
  await first.close()
  await expect(open('b')).rejects.toMatchObject({ code: 'STAGE_INPUT_CHANGED' })
  const again = await open('a')
  expect((await again.close()).stages[0]).toMatchObject({ in: 1, out: 1 })
})
