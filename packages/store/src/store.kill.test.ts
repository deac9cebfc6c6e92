import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CommitPoint } from './port.ts'
import { openStore } from './store.ts'
import { readAll, startChild, TestClock, testDirectory, text } from './testing/support.ts'

const points: readonly CommitPoint[] = [
  'before-begin',
  'in-transaction',
  'before-commit',
  'after-commit',
  'after-flush',
]

/** Opens what the writer left: whole commits 1 to n and nothing else. Returns n. */
async function wholeCommits(dir: string): Promise<number> {
  const store = await openStore({ dir, clock: new TestClock() })
  const n = Number(text(store.getStage('g')) ?? '0')
  const numbers = Array.from({ length: n }, (_, i) => i + 1)
  for (const shard of [0, 1]) {
    const records = readAll(store, 's', shard)
    expect(records.map(({ data }) => Number.parseInt(data, 10))).toEqual(numbers)
    expect(records.map(({ commit }) => commit)).toEqual(numbers)
  }
  expect([...store.readState('g')].map(({ blob }) => Number(text(blob)))).toEqual(numbers)
  const items = new Map(numbers.map((number) => [number % 50, number]))
  expect(
    new Map([...store.scan('t')].map((item) => [item.partitionKey, JSON.parse(text(item.json)!).n])),
  ).toEqual(items)
  await store.close()
  return n
}

const acknowledged = (lines: readonly string[]): number =>
  Math.max(0, ...lines.filter((line) => /^\d+$/.test(line)).map(Number))

describe('a killed writer', () => {
  test.each(points)(
    'at point %s leaves whole commits, with every acknowledged one',
    { timeout: 60_000 },
    async (point) => {
      const dir = testDirectory()
      const child = startChild('writer', dir, `${point}:4`)
      const { signal, errors } = await child.ended
      expect(signal, errors).toBe('SIGKILL')
      const visible = point === 'after-commit' || point === 'after-flush'
      expect(await wholeCommits(dir)).toBe(visible ? 4 : 3)
      expect(acknowledged(child.lines)).toBe(3)
    },
  )

  test('at any time, again and again, loses no acknowledged commit and tears none', {
    timeout: 120_000,
  }, async () => {
    const dir = testDirectory()
    let last = 0
    for (const delay of fc.sample(fc.integer({ min: 1, max: 25 }), 12)) {
      const child = startChild('writer', dir)
      await child.line((line) => line === 'open')
      // The moment is meant to be arbitrary: after some more commits, between any two instructions.
      await child.line((line) => Number(line) >= last + delay)
      child.process.kill('SIGKILL')
      await child.ended
      const kept = await wholeCommits(dir)
      expect(kept).toBeGreaterThanOrEqual(acknowledged(child.lines))
      expect(kept).toBeLessThanOrEqual(acknowledged(child.lines) + 1)
      last = kept
    }
  })

  test('inside a transaction, while a reader is attached, does not block the next owner', async () => {
    const dir = testDirectory()
    await (await openStore({ dir, clock: new TestClock() })).close()
    const reader = await openStore({ dir, clock: new TestClock(), mode: 'reader' })
    for (const point of ['in-transaction', 'before-commit']) {
      expect((await startChild('writer', dir, `${point}:3`).ended).signal).toBe('SIGKILL')
      reader.streams()
    }
    await reader.close()
    expect(await wholeCommits(dir)).toBe(4)
  })
})
