import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsRates, noRates } from '../kinesis/data/testing/data-kit.ts'
import { ShardRates } from './shard-limits.ts'
import { TokenBucket } from './token-bucket.ts'

const steps = fc.array(
  fc.record({ afterMs: fc.constantFrom(0, 0, 1, 10, 250, 1_000, 5_000), n: fc.integer({ min: 0, max: 30 }) }),
  { maxLength: 200 },
)

describe('a token bucket', () => {
  it('refuses exactly what exceeds the tokens that a ledger of all events leaves', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (list, capacity, perSecond) => {
          const bucket = new TokenBucket({ capacity, perSecond, nowMs: 0 })
          // The ledger counts in thousandths of a token, so that it is exact.
          let ledger = capacity * 1000
          let now = 0
          for (const { afterMs, n } of list) {
            now += afterMs
            for (let ms = 0; ms < afterMs; ms++) ledger = Math.min(capacity * 1000, ledger + perSecond)
            const isThere = ledger >= Math.min(n, capacity) * 1000
            expect(bucket.take(n, now)).toBe(isThere)
            if (isThere) ledger -= n * 1000
          }
        },
      ),
    )
  })

  it('lets no more through in any stretch of time than its capacity, the rate and one oversized draw', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const capacity = 10
        const bucket = new TokenBucket({ capacity, perSecond: 10, nowMs: 0 })
        const taken: { now: number; n: number }[] = []
        let now = 0
        for (const { afterMs, n } of list) {
          now += afterMs
          if (bucket.take(n, now)) taken.push({ now, n })
        }
        for (let from = 0; from < taken.length; from++) {
          let sum = 0
          for (let to = from; to < taken.length; to++) {
            sum += taken[to]!.n
            const allowed = capacity + (10 * (taken[to]!.now - taken[from]!.now)) / 1000
            expect(sum - Math.max(0, taken[to]!.n - capacity)).toBeLessThanOrEqual(allowed + 1e-9)
          }
        }
      }),
    )
  })

  it('closes for as long as a large amount takes, and a clock that goes back gives nothing', () => {
    const bucket = new TokenBucket({ capacity: 2, perSecond: 2, nowMs: 1_000 })
    bucket.spend(10, 1_000)
    expect(bucket.isOpen(1_000)).toBe(false)
    expect(bucket.opensInMs(5_000)).toBeCloseTo(1_000)
    expect(bucket.opensInMs(3_000)).toBeCloseTo(1_000)
    expect(bucket.isOpen(5_999)).toBe(false)
    expect(bucket.isOpen(6_000)).toBe(true)
    bucket.spend(1, 6_000)
    expect(bucket.isOpen(6_000)).toBe(false)
    expect(bucket.isOpen(6_500)).toBe(true)
  })
})

describe('the rates of a shard', () => {
  const provisioned = { isOnDemand: false }

  it('let a second of records and bytes through, counting refused records in neither', () => {
    const rates = new ShardRates(awsRates)
    const accepted = Array.from({ length: 1_500 }, () => rates.takeWrite(100, provisioned, 0)).filter(Boolean)
    expect(accepted).toHaveLength(1_000)
    expect(rates.takeWrite(100, provisioned, 0.5)).toBe(false)
    expect(rates.takeWrite(100, provisioned, 1)).toBe(true)
    // Bytes: 100,100 are gone.
    expect(rates.takeWrite(1024 * 1024, provisioned, 10)).toBe(false)
    expect(rates.takeWrite(900 * 1024, provisioned, 10)).toBe(true)
    expect(rates.takeWrite(900 * 1024, provisioned, 20)).toBe(false)
    expect(rates.takeWrite(900 * 1024, provisioned, 900)).toBe(true)
  })

  it('let a large record through when nothing else was written, and close for as long as it is worth', () => {
    const rates = new ShardRates(awsRates)
    const MiB = 1024 * 1024
    expect(rates.takeWrite(10 * MiB, provisioned, 0)).toBe(true)
    expect(rates.takeWrite(1, provisioned, 8_999)).toBe(false)
    expect(rates.takeWrite(1, provisioned, 9_001)).toBe(true)
    const onDemand = new ShardRates(awsRates)
    for (let i = 0; i < 10; i++) expect(onDemand.takeWrite(MiB, { isOnDemand: true }, 0)).toBe(true)
    expect(onDemand.takeWrite(MiB, { isOnDemand: true }, 0)).toBe(false)
  })

  it('of a read of 10 MiB block for 5 seconds; 5 calls a second are served', () => {
    const rates = new ShardRates(awsRates)
    expect(rates.takeRead(0)).toBe(true)
    rates.spendRead(10 * 1024 * 1024, 0)
    expect(rates.takeRead(4_999)).toBe(false)
    expect(rates.takeRead(5_000)).toBe(true)
    const calls = new ShardRates(awsRates)
    expect(Array.from({ length: 7 }, () => calls.takeRead(0)).filter(Boolean)).toHaveLength(5)
    expect(Array.from({ length: 7 }, () => calls.takeIterator(0)).filter(Boolean)).toHaveLength(5)
  })

  it('are none in the profile without rates', () => {
    const rates = new ShardRates(noRates)
    for (let i = 0; i < 5_000; i++) {
      expect(rates.takeWrite(10_000_000, provisioned, 0)).toBe(true)
      expect(rates.takeRead(0) && rates.takeIterator(0)).toBe(true)
      rates.spendRead(10_000_000, 0)
    }
  })
})
