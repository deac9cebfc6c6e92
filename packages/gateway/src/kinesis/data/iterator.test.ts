import { describe, expect, it } from 'vitest'
import { ITERATOR_LIFE_MS, IteratorSeal } from './iterator.ts'
import { dataKit, errorOf, START_MS } from './testing/data-kit.ts'

const position = { stream: 'orders', streamCreatedAt: START_MS - 0.5, shard: 7, position: 2 ** 40 }

describe('an iterator', () => {
  it('leads back to its position for 5 minutes, any number of times, also after a restart', async () => {
    const kit = await dataKit()
    const seal = new IteratorSeal(kit.store)
    const iterator = seal.seal(position, START_MS)
    expect(iterator.length).toBeLessThanOrEqual(512)
    expect(seal.open(iterator, START_MS)).toEqual(position)
    expect(seal.open(iterator, START_MS + ITERATOR_LIFE_MS)).toEqual(position)
    await kit.reopen()
    expect(new IteratorSeal(kit.store).open(iterator, START_MS)).toEqual(position)
    expect(await errorOf(() => seal.open(iterator, START_MS + ITERATOR_LIFE_MS + 1_000))).toEqual({
      type: 'ExpiredIteratorException',
      message:
        'Iterator expired. The iterator was created at time Fri Nov 21 04:40:00 UTC 2025 while right now it is Fri Nov 21 04:45:01 UTC 2025 which is further in the future than the tolerated delay of 300000 milliseconds.',
    })
  })

  it('fits with the longest name', async () => {
    const { store } = await dataKit()
    const longest = { ...position, stream: 'n'.repeat(128) }
    const seal = new IteratorSeal(store)
    const iterator = seal.seal(longest, START_MS)
    expect(iterator.length).toBeLessThanOrEqual(512)
    expect(seal.open(iterator, START_MS)).toEqual(longest)
  })

  it('with any changed, missing or added character, or of another store, is refused', async () => {
    const { store } = await dataKit()
    const seal = new IteratorSeal(store)
    const iterator = seal.seal(position, START_MS)
    const refused = { type: 'InvalidArgumentException', message: 'Invalid ShardIterator.' }
    const changed = [...iterator].map(
      (c, i) => iterator.slice(0, i) + (c === 'A' ? 'B' : 'A') + iterator.slice(i + 1),
    )
    const cut = [...iterator].map((_, i) => iterator.slice(0, i))
    for (const text of [...changed, ...cut, `${iterator}A`, `${iterator} `, 'AAAA'.repeat(40)])
      expect(await errorOf(() => seal.open(text, START_MS))).toEqual(refused)
    const other = new IteratorSeal((await dataKit()).store)
    expect(await errorOf(() => other.open(iterator, START_MS))).toEqual(refused)
  })
})
