import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineages, lineageTime } from '../testing/lineages.ts'
import {
  continuationSequenceNumber,
  creationSeconds,
  endingSequenceNumber,
  formatSequenceNumber,
  type NumberedShard,
  type NumberedStream,
  parseSequenceNumber,
  SequenceRun,
  startingSequenceNumber,
} from './sequence-number.ts'

const T = lineageTime

const one = (info: Partial<NumberedShard> = {}): NumberedStream => ({
  name: 's',
  shardInfos: [
    {
      shard: 0,
      next: 10,
      parents: [],
      createdAt: T,
      closedAt: undefined,
      ...info,
    },
  ],
})

describe('sequence numbers', () => {
  it('have the layout that clients know: 47 hex digits, 56 decimal ones that begin with 49', () => {
    const number = formatSequenceNumber(one(), 0, 0x1234, T + 5_000)
    const seconds = (T / 1000).toString(16).padStart(9, '0')
    const written = (T / 1000 + 5).toString(16).padStart(9, '0')
    expect(BigInt(number).toString(16)).toBe(`2${seconds}0${'0000000000001235'}00${written}000000002`)
    expect(number).toMatch(/^49[0-9]{54}$/)
  })

  it('rise in read order, lie between start and end of their shard, and lead back to their place', () => {
    fc.assert(
      fc.property(lineages, fc.nat(), fc.nat(2 ** 31), (info, pick, step) => {
        const shard = pick % info.shardInfos.length
        const { next, createdAt } = info.shardInfos[shard]!
        let last = BigInt(startingSequenceNumber(info, shard))
        expect(parseSequenceNumber(String(last), info)).toEqual({
          kind: 'place',
          shard,
          counter: 0,
          isRecord: false,
        })
        for (const sequence of [0, 1, step, next - 1]
          .filter((n, i, all) => n >= 0 && n < next && all.indexOf(n) === i)
          .sort((a, b) => a - b)) {
          const number = formatSequenceNumber(info, shard, sequence, createdAt + sequence)
          expect(number).toMatch(/^49[0-9]{54}$/)
          expect(BigInt(number) > last).toBe(true)
          last = BigInt(number)
          expect(parseSequenceNumber(number, info)).toEqual({
            kind: 'place',
            shard,
            counter: sequence + 1,
            isRecord: true,
          })
          const went = (lastMs: number | undefined, nowMs = createdAt + sequence) =>
            continuationSequenceNumber(info, shard, sequence + 1, { lastMs, nowMs })
          expect(went(createdAt + sequence)).toBe(number)
          // Without a record it is between this one and the next, whatever the clock says.
          for (const nowMs of [0, createdAt + sequence + 5_000]) {
            last = BigInt(went(undefined, nowMs))
            expect(last > BigInt(number)).toBe(true)
            expect(parseSequenceNumber(String(last), info)).toMatchObject({
              counter: sequence + 1,
              isRecord: false,
            })
          }
        }
        const ending = endingSequenceNumber(info, shard)
        expect(ending === undefined).toBe(info.shardInfos[shard]!.closedAt === undefined)
        if (ending !== undefined) {
          expect(BigInt(ending) > last).toBe(true)
          expect(parseSequenceNumber(ending, info)).toMatchObject({ counter: Infinity, isRecord: false })
        }
      }),
    )
  })

  it('of a child exceed every number of its parents, the ending one included, even within one second', () => {
    fc.assert(
      fc.property(lineages, (info) => {
        for (const { shard, parents, createdAt } of info.shardInfos) {
          expect(creationSeconds(info, shard)).toBeGreaterThanOrEqual(Math.floor(createdAt / 1000))
          const start = BigInt(startingSequenceNumber(info, shard))
          for (const parent of parents) expect(start > BigInt(endingSequenceNumber(info, parent)!)).toBe(true)
        }
      }),
    )
  })

  it('of a run are those made one by one', () => {
    fc.assert(
      fc.property(
        lineages,
        fc.nat(),
        fc.nat(2 ** 53 - 200),
        fc.nat(10_000_000),
        (info, pick, first, seconds) => {
          const shard = pick % info.shardInfos.length
          const time = T + seconds * 1000
          const run = new SequenceRun(info, shard, first, time)
          const bytes = Buffer.alloc(58, '.')
          for (let i = 0; i < 100; i++) {
            run.writeTo(bytes, 1)
            expect(bytes.toString()).toBe(`.${formatSequenceNumber(info, shard, first + i, time)}.`)
            run.advance()
          }
          for (const [i, step] of [1, 2, 1000, 123_456, 2 ** 29].entries()) {
            const skipping = new SequenceRun(info, shard, first, time)
            for (let times = 0; times <= i; times++) skipping.advance(step)
            skipping.writeTo(bytes, 1)
            const there =
              BigInt(formatSequenceNumber(info, shard, first, time)) + BigInt(step * (i + 1)) * 2n ** 80n
            expect(bytes.toString()).toBe(`.${there}.`)
          }
        },
      ),
    )
  })

  it('that are not of the stream are told apart', () => {
    const info = one()
    const kind = (text: string): string => parseSequenceNumber(text, info).kind
    for (const text of ['', 'a', '-1', '01', '1.5', ' 1', '1'.repeat(130)])
      expect(kind(text)).toBe('unparseable')
    for (const text of ['0', '1', '9'.repeat(129)]) expect(kind(text)).toBe('foreign')
    expect(kind(formatSequenceNumber(one({ createdAt: T + 1000 }), 0, 3, T))).toBe('foreign')
    expect(kind(formatSequenceNumber(info, 0, 9, T))).toBe('place')
    expect(kind(formatSequenceNumber(info, 0, 10, T))).toBe('future')
    // An ending number while the shard is open.
    expect(kind(endingSequenceNumber(one({ closedAt: T }), 0)!)).toBe('future')
    const value = BigInt(formatSequenceNumber(info, 0, 3, T))
    // Version, last digit, filler, shard number, nibble, creation second.
    for (const bit of [184n, 0n, 73n, 4n, 144n, 148n])
      expect(kind(String(value ^ (1n << bit)))).toBe('foreign')
  })
})
