/** Sets of transactions against sets of texts, which are slow and plain. */
import { type Random, seededRandom } from '@millrace/values'
import { describe, expect, it } from 'vitest'
import { LogBytes } from './log-bytes.ts'
import { MariadbGtidSet } from './mariadb-gtid-set.ts'
import { MysqlGtidSet } from './mysql-gtid-set.ts'

const seed = Number(process.env.MILLRACE_SEED ?? 20261121)
const uuids = [
  '3e11fa47-71ca-11e1-9e33-c80aa9429562',
  '00000000-0000-0000-0000-000000000001',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
]
const sources = [...uuids, `${uuids[0]}:tag_a`, `${uuids[1]}:b`]

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!
}

describe(`GTID sets of MySQL (seed ${seed})`, () => {
  it('hold what was added, whatever the order, and come back from text and bytes', () => {
    const random = seededRandom(seed)
    for (let round = 0; round < 300; round++) {
      const set = new MysqlGtidSet()
      const model = new Set<string>()
      for (let i = random.below(40); i > 0; i--) {
        const source = pick(random, sources)
        const first = 1 + random.below(30)
        const last = first + (random.below(3) === 0 ? random.below(8) : 0)
        set.addRange(source, first, last)
        for (let number = first; number <= last; number++) model.add(`${source}:${number}`)
      }
      for (const source of sources) {
        for (let number = 1; number < 42; number++) {
          expect(set.has(source, number)).toBe(model.has(`${source}:${number}`))
        }
      }
      const text = set.toText()
      expect(MysqlGtidSet.parse(text).toText()).toBe(text)
      const bytes = set.toBytes()
      const read = new LogBytes(bytes)
      expect(MysqlGtidSet.fromBytes(read).toText()).toBe(text)
      expect(read.left).toBe(0)
      expect(set.isEmpty).toBe(model.size === 0)
      // No two ranges of a source touch: there are as many as runs of numbers begin.
      const runs = [...model].filter((item) => {
        const cut = item.lastIndexOf(':')
        return !model.has(`${item.slice(0, cut)}:${Number(item.slice(cut + 1)) - 1}`)
      })
      expect(text.match(/:\d+(?:-\d+)?(?=[:,]|$)/g) ?? []).toHaveLength(runs.length)
    }
  })

  it('contain each other as sets do', () => {
    const random = seededRandom(seed + 1)
    let contained = 0
    for (let round = 0; round < 2000; round++) {
      const [a, b] = [new MysqlGtidSet(), new MysqlGtidSet()]
      const [modelA, modelB] = [new Set<string>(), new Set<string>()]
      for (let i = random.below(12); i > 0; i--) {
        const source = pick(random, sources.slice(0, 2))
        const number = 1 + random.below(4)
        a.add(source, number)
        modelA.add(`${source}:${number}`)
      }
      for (let i = random.below(4); i > 0; i--) {
        const source = pick(random, sources.slice(0, 2))
        const number = 1 + random.below(4)
        b.add(source, number)
        modelB.add(`${source}:${number}`)
      }
      const isContained = [...modelB].every((item) => modelA.has(item))
      expect(a.contains(b)).toBe(isContained)
      if (isContained) contained++
      const copy = a.copy()
      copy.add(uuids[2]!, 1)
      expect(a.has(uuids[2]!, 1)).toBe(false)
    }
    expect(contained).toBeGreaterThan(100)
  })

  it('are written as the server writes them, and read with spaces and in capitals', () => {
    const text = `${uuids[1]}:1-3:5, \n${uuids[0]?.toUpperCase()}:7:tag_a:1-2:4,${uuids[1]}:4`
    expect(MysqlGtidSet.parse(text).toText()).toBe(`${uuids[1]}:1-5,${uuids[0]}:7:tag_a:1-2:4`)
    expect(MysqlGtidSet.parse('').toText()).toBe('')
  })

  it.each([
    'x',
    'x:1',
    `${uuids[0]}`,
    `${uuids[0]}:0`,
    `${uuids[0]}:5-3`,
    `${uuids[0]}:1-`,
    `${uuids[0]}:Tag!:1`,
    `${uuids[0]}:99999999999999999`,
    '0-1-2',
  ])('refuse %j', (text) => {
    expect(() => MysqlGtidSet.parse(text)).toThrow(/CDC_POSITION /)
  })
})

describe('GTID positions of MariaDB', () => {
  it('have the last transaction of each domain', () => {
    const random = seededRandom(seed + 2)
    for (let round = 0; round < 200; round++) {
      const set = new MariadbGtidSet()
      const last = new Map<number, string>()
      let number = 0
      for (let i = random.below(20); i > 0; i--) {
        const domain = random.below(4)
        const server = 1 + random.below(3)
        number += 1 + random.below(3)
        set.add({ domain, server, number })
        last.set(domain, `${domain}-${server}-${number}`)
        expect(set.has({ domain, number })).toBe(true)
        expect(set.has({ domain, number: number + 1 })).toBe(false)
      }
      const text = [...last.keys()]
        .sort((a, b) => a - b)
        .map((domain) => last.get(domain))
        .join(',')
      expect(set.toText()).toBe(text)
      expect(MariadbGtidSet.parse(text).toText()).toBe(text)
      expect(set.contains(MariadbGtidSet.parse(text))).toBe(true)
      expect(set.contains(MariadbGtidSet.parse(`9-1-1`))).toBe(false)
    }
  })

  it('take the highest number of a domain, as a binlog state has several', () => {
    expect(MariadbGtidSet.parse('0-1-5, 0-2-9,0-3-7').toText()).toBe('0-2-9')
  })

  it.each(['0-1', '0-1-2-3', 'a-1-2', '0-1-99999999999999999', `${uuids[0]}:1`])('refuse %j', (text) => {
    expect(() => MariadbGtidSet.parse(text)).toThrow(/CDC_POSITION /)
  })
})
