/** Nexmark's events: the benchmark's proportions and value rules, the same from any event on. */
import { expect, test } from 'vitest'
import { describeSourceContract } from '../source-contract.ts'
import { nexmarkDefaults } from './nexmark-config.ts'
import { type NexmarkEvent, nexmarkEvent } from './nexmark-event.ts'
import { nexmarkJson } from './nexmark-row.ts'
import { nexmark } from './nexmark-source.ts'

const count = 20_000
const events = Array.from({ length: count }, (_, n) => nexmarkEvent(nexmarkDefaults, n))
const of = <K extends NexmarkEvent['kind']>(kind: K) =>
  events.filter((event): event is Extract<NexmarkEvent, { kind: K }> => event.kind === kind)

test('of 50 events 1 is a person, 3 are auctions, 46 are bids', () => {
  expect([of('person').length, of('auction').length, of('bid').length]).toEqual([
    count / 50,
    (count * 3) / 50,
    (count * 46) / 50,
  ])
})

test('ids of people and auctions count up from 1000', () => {
  expect(of('person').map(({ person }) => person.id)).toEqual(
    Array.from({ length: count / 50 }, (_, i) => 1000 + i),
  )
  expect(of('auction').map(({ auction }) => auction.id)).toEqual(
    Array.from({ length: (count * 3) / 50 }, (_, i) => 1000 + i),
  )
})

test('half of the bids are for a hot auction, three quarters by a hot bidder', () => {
  const bids = of('bid').map(({ bid }) => bid)
  const share = (hot: number) => hot / bids.length
  expect(share(bids.filter(({ auction }) => auction % 100 === 0).length)).toBeGreaterThan(0.48)
  expect(share(bids.filter(({ auction }) => auction % 100 === 0).length)).toBeLessThan(0.54)
  expect(share(bids.filter(({ bidder }) => bidder % 100 === 1).length)).toBeGreaterThan(0.73)
  expect(share(bids.filter(({ bidder }) => bidder % 100 === 1).length)).toBeLessThan(0.8)
  expect(share(bids.filter(({ channel }) => !channel.startsWith('channel-')).length)).toBeCloseTo(0.5, 1)
})

test('prices spread evenly over six orders of magnitude, auctions last and have a reserve', () => {
  for (const { bid } of of('bid')) {
    expect(bid.price).toBeGreaterThanOrEqual(100)
    expect(bid.price).toBeLessThanOrEqual(100_000_000)
  }
  const logs = of('bid').map(({ bid }) => Math.log10(bid.price / 100))
  expect(logs.reduce((sum, log) => sum + log, 0) / logs.length).toBeCloseTo(3, 1)
  for (const { auction } of of('auction')) {
    expect(auction.expires).toBeGreaterThan(auction.dateTime)
    expect(auction.reserve).toBeGreaterThan(auction.initialBid)
  }
})

test('sizes come to the averages', () => {
  const mean = (sizes: number[]) => sizes.reduce((sum, size) => sum + size, 0) / sizes.length
  expect(mean(of('bid').map(({ bid }) => 32 + bid.extra.length)) / 100).toBeCloseTo(1, 1)
})

test('an event follows from the seed and its number alone', () => {
  const other = { ...nexmarkDefaults, seed: 2 }
  expect(nexmarkEvent(nexmarkDefaults, 777)).toEqual(events[777])
  expect(nexmarkEvent(other, 777)).not.toEqual(events[777])
})

test('out-of-order groups hold the same events in another order', () => {
  const shuffled = { ...nexmarkDefaults, outOfOrderGroupSize: 50 }
  const group = (config: typeof shuffled) =>
    Array.from({ length: 50 }, (_, n) => nexmarkJson(nexmarkEvent(config, 100 + n)))
  expect(group(shuffled)).not.toEqual(group(nexmarkDefaults))
  expect(group(shuffled).sort()).toEqual(group(nexmarkDefaults).sort())
})

describeSourceContract('nexmark', () => ({
  open: nexmark({ events: 40 }),
  taken: 40,
  dead: 0,
  isPaced: false,
}))
describeSourceContract('nexmark, paced', () => ({
  open: nexmark({ events: 40, rate: 20 }),
  taken: 40,
  dead: 0,
  isPaced: true,
}))
