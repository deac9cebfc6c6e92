import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineages, lineageTime } from '../testing/lineages.ts'
import {
  changeEventId,
  changeSequenceNumber,
  endingChangeSequenceNumber,
  parseChangeSequenceNumber,
  startingChangeSequenceNumber,
} from './change-sequence-number.ts'
import type { NumberedStream } from './sequence-number.ts'

const one: NumberedStream = {
  name: 's',
  shardInfos: [{ shard: 0, next: 10, parents: [], createdAt: lineageTime, closedAt: undefined }],
}

describe('sequence numbers of changes', () => {
  it('have 21 to 40 digits, rise in read order within their shard, and lead back to their place', () => {
    fc.assert(
      fc.property(lineages, fc.nat(), fc.nat(2 ** 31), (info, pick, step) => {
        const shard = pick % info.shardInfos.length
        const { next } = info.shardInfos[shard]!
        let last = BigInt(startingChangeSequenceNumber(info, shard))
        expect(parseChangeSequenceNumber(String(last), info)).toEqual({
          kind: 'place',
          shard,
          counter: 0,
          isRecord: false,
        })
        for (const sequence of [0, 1, step, next - 1]
          .filter((n, i, all) => n >= 0 && n < next && all.indexOf(n) === i)
          .sort((a, b) => a - b)) {
          const number = changeSequenceNumber(info, shard, sequence)
          expect(number).toMatch(/^[1-9][0-9]{20,39}$/)
          expect(BigInt(number) > last).toBe(true)
          last = BigInt(number)
          expect(parseChangeSequenceNumber(number, info)).toEqual({
            kind: 'place',
            shard,
            counter: sequence + 1,
            isRecord: true,
          })
        }
        const ending = endingChangeSequenceNumber(info, shard)
        expect(ending === undefined).toBe(info.shardInfos[shard]!.closedAt === undefined)
        if (ending !== undefined) {
          expect(BigInt(ending) > last).toBe(true)
          expect(parseChangeSequenceNumber(ending, info)).toMatchObject({
            counter: Infinity,
            isRecord: false,
          })
        }
      }),
    )
  })

  it('of a child exceed every number of its parents, the ending one included', () => {
    fc.assert(
      fc.property(lineages, (info) => {
        for (const { shard, parents } of info.shardInfos) {
          const start = BigInt(startingChangeSequenceNumber(info, shard))
          for (const parent of parents)
            expect(start > BigInt(endingChangeSequenceNumber(info, parent)!)).toBe(true)
        }
      }),
    )
  })

  it('that are not of the stream are told apart', () => {
    const kind = (text: string): string => parseChangeSequenceNumber(text, one).kind
    for (const text of ['', 'a', '-1', '01', '1.5', '1'.repeat(41)]) expect(kind(text)).toBe('unparseable')
    for (const text of ['0', '1', '9'.repeat(37), '1'.repeat(40)]) expect(kind(text)).toBe('foreign')
    const number = changeSequenceNumber(one, 0, 9)
    expect(kind(number)).toBe('place')
    expect(kind(changeSequenceNumber(one, 0, 10))).toBe('future')
    // Version, creation second, shard.
    for (const at of [0, 10, 36]) {
      const other = (Number(number[at]) + 1) % 10
      expect(kind(number.slice(0, at) + other + number.slice(at + 1))).toBe('foreign')
    }
  })

  it('name an event by 32 hex digits that differ between streams and records', () => {
    const ids = ['a', 'b'].flatMap((stream) => ['1', '2'].map((number) => changeEventId(stream, number)))
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(ids).size).toBe(4)
  })
})
