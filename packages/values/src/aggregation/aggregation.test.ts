import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashToBigInt, initialHashRanges } from '../hash-range.ts'
import { md5Words } from '../md5.ts'
import { AggregateBuilder, type UserRecord } from './aggregate-builder.ts'
import { AggregateReader } from './aggregate-reader.ts'
import { aggregate, deaggregate } from './deaggregate.ts'

/** The public Node library for this format; its published types need a package that is not here. */
interface Oracle {
  readonly RecordAggregator: new () => {
    addUserRecord(record: { partitionKey: string; explicitHashKey?: string; data: Buffer }): void
    build(): { readonly partitionKey: string; readonly data: Buffer }
  }
  deaggregateSync(
    record: { readonly data: string; readonly partitionKey: string; readonly sequenceNumber: string },
    checksums: boolean,
    done: (
      error: Error | undefined,
      records: {
        readonly partitionKey: string
        readonly explicitPartitionKey?: string
        readonly data: string
      }[],
    ) => void,
  ): void
}
// The module is plain JavaScript; what is used of it is written above.
const oracle = createRequire(import.meta.url)('aws-kinesis-agg') as Oracle

const hashMax = 2n ** 128n - 1n
const partitionKey = fc.oneof(
  fc.constantFrom('a', 'b', 'order-1', 'schlüssel', '🚀'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map((text) => Buffer.from(text).toString()),
)
const userRecord: fc.Arbitrary<UserRecord> = fc.record(
  {
    partitionKey,
    explicitHashKey: fc.bigInt({ min: 0n, max: hashMax }).map(String),
    data: fc.uint8Array({ maxLength: 300 }),
  },
  { requiredKeys: ['partitionKey', 'data'] },
)
const userRecords = fc.array(userRecord, { minLength: 1, maxLength: 40 })

/** As plain objects, so that a Buffer equals a Uint8Array. */
const shown = (records: readonly UserRecord[]) =>
  records.map(({ partitionKey, explicitHashKey, data }) => ({
    partitionKey,
    explicitHashKey,
    data: Buffer.from(data).toString('hex'),
  }))

function onlyOne(records: readonly UserRecord[]): UserRecord {
  const packed = aggregate(records, { bytesMax: 1 << 22 })
  expect(packed.length).toBe(1)
  return packed[0]!
}

/** An aggregate with any message. */
function sealed(message: Uint8Array): Buffer {
  const digest = createHash('md5').update(message).digest()
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, digest])
}

const plainOf = (data: Uint8Array): UserRecord => ({ partitionKey: 'outer', data })

describe('round trips', () => {
  test('what is packed is taken apart to the same records, in order', () => {
    fc.assert(
      fc.property(userRecords, fc.integer({ min: 1, max: 3000 }), (records, bytesMax) => {
        const packed = aggregate(records, { bytesMax })
        expect(shown(packed.flatMap((record) => deaggregate(record).records))).toEqual(shown(records))
      }),
    )
  })

  test('an aggregate keeps its bound and is as long as announced; a record that alone exceeds it goes bare', () => {
    fc.assert(
      fc.property(userRecords, fc.integer({ min: 30, max: 2000 }), (records, bytesMax) => {
        const builder = new AggregateBuilder({ bytesMax })
        let last = records[0]
        for (const record of records) {
          if (builder.add(record)) {
            last = record
            continue
          }
          const { count, byteLength } = builder
          const packed = builder.build()!
          if (count > 1) {
            expect(packed.data.length).toBe(byteLength)
            expect(packed.data.length).toBeLessThanOrEqual(bytesMax)
            expect(packed.partitionKey).toBe('a')
          } else expect(shown([packed])).toEqual(shown([last!]))
          expect(builder.count).toBe(0)
          expect(builder.add(record)).toBe(true)
          last = record
        }
      }),
    )
  })

  test('the outer record is routed by the hash of its first user record', () => {
    fc.assert(
      fc.property(userRecord, userRecord, (first, second) => {
        const words = new Uint32Array(4)
        const key = Buffer.from(first.partitionKey)
        md5Words(key, 0, key.length, words)
        expect(onlyOne([first, second]).explicitHashKey).toBe(
          first.explicitHashKey ?? hashToBigInt(words).toString(),
        )
      }),
    )
  })

  test('a lone record goes bare, unless its data would be taken for an aggregate', () => {
    const lone: UserRecord = { partitionKey: 'k', data: Buffer.from('hello') }
    expect(aggregate([lone])).toEqual([{ partitionKey: 'k', data: Uint8Array.from(lone.data) }])
    const inner: UserRecord = { partitionKey: 'k', data: onlyOne([lone, lone]).data }
    expect(shown(deaggregate(onlyOne([inner])).records)).toEqual(shown([inner]))
    expect(aggregate([])).toEqual([])
  })

  test('a reader is used again and again, and reads at any offset of larger bytes', () => {
    const reader = new AggregateReader()
    fc.assert(
      fc.property(fc.array(userRecord, { minLength: 2, maxLength: 200 }), fc.nat(50), (records, offset) => {
        const { data } = onlyOne(records)
        const bytes = Buffer.concat([Buffer.alloc(offset, 7), data, Buffer.alloc(9, 7)])
        expect(reader.read(bytes, offset, offset + data.length)).toBe('aggregate')
        const read = Array.from({ length: reader.count }, (_, i) => ({
          partitionKey: bytes.toString('utf8', reader.keyStart(i), reader.keyEnd(i)),
          explicitHashKey: reader.explicitHashKey(i),
          data: bytes.toString('hex', reader.dataStart(i), reader.dataEnd(i)),
        }))
        expect(read).toEqual(shown(records))
      }),
    )
  })

  test('a wrong explicit hash key is refused with its code', () => {
    for (const explicitHashKey of [
      '',
      '-1',
      '1.5',
      'x',
      '1e3',
      ' 1',
      String(hashMax + 1n),
      '9'.repeat(1000),
    ]) {
      expect(() => aggregate([{ partitionKey: 'k', explicitHashKey, data: new Uint8Array() }])).toThrow(
        /^VAL1202 /,
      )
    }
    for (const explicitHashKey of ['0', String(hashMax)]) {
      expect(() => aggregate([{ partitionKey: 'k', explicitHashKey, data: new Uint8Array() }])).not.toThrow()
    }
  })
})

describe('the library of others', () => {
  test('reads what is packed here', () => {
    fc.assert(
      fc.property(fc.array(userRecord, { minLength: 2, maxLength: 30 }), (records) => {
        const { data } = onlyOne(records)
        let read: unknown
        oracle.deaggregateSync(
          { data: Buffer.from(data).toString('base64'), partitionKey: 'a', sequenceNumber: '1' },
          true,
          (error, found) => {
            expect(error).toBeUndefined()
            read = found.map((record) => ({
              partitionKey: record.partitionKey,
              explicitHashKey: record.explicitPartitionKey,
              data: Buffer.from(record.data, 'base64').toString('hex'),
            }))
          },
        )
        // That library looks an absent index up as index 0 of the table, so the oracle of explicit keys is the next test.
        const isEachExplicit = records.every((record) => record.explicitHashKey !== undefined)
        const isNoneExplicit = records.every((record) => record.explicitHashKey === undefined)
        const expected = shown(records)
        if (isEachExplicit || isNoneExplicit) expect(read).toEqual(expected)
        else expect(read).toMatchObject(expected.map(({ partitionKey, data }) => ({ partitionKey, data })))
      }),
    )
  })

  test('writes what is taken apart here', () => {
    // Its tables are objects, whose keys that look like small integers change their order, and where an index is lost.
    const key = partitionKey.map((text) => `k${text}`)
    const record = fc.tuple(
      key,
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.option(fc.bigInt({ min: 2n ** 64n, max: hashMax }).map(String)),
    )
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 30 }), (drawn) => {
        const records = drawn.map(
          ([partitionKey, data, explicitHashKey]): UserRecord =>
            explicitHashKey === null ? { partitionKey, data } : { partitionKey, data, explicitHashKey },
        )
        const aggregator = new oracle.RecordAggregator()
        for (const one of records) aggregator.addUserRecord({ ...one, data: Buffer.from(one.data) })
        const { data } = aggregator.build()
        const { outcome, records: read } = deaggregate(plainOf(data))
        expect(outcome).toBe('aggregate')
        expect(shown(read)).toEqual(shown(records))
      }),
    )
  })
})

describe('damage', () => {
  const records: UserRecord[] = [
    { partitionKey: 'a', data: Buffer.from('first') },
    { partitionKey: 'b', explicitHashKey: '17', data: Buffer.from('second') },
  ]
  const whole = onlyOne(records).data

  test('every flipped bit and every truncation gives the whole original back as one record', () => {
    for (let at = 0; at < whole.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const data = Uint8Array.from(whole)
        data[at]! ^= 1 << bit
        expect(deaggregate(plainOf(data))).toEqual({ outcome: 'plain', records: [plainOf(data)] })
      }
    }
    for (let size = 0; size < whole.length; size++) {
      const data = whole.slice(0, size)
      expect(deaggregate(plainOf(data))).toEqual({ outcome: 'plain', records: [plainOf(data)] })
    }
  })

  test('any bytes under a right digest are read or left whole, and never throw', () => {
    const range = initialHashRanges(2)[0]!
    const outcomes = new Set<string>()
    const message = whole.slice(4, -16)
    const mutated = fc
      .array(fc.record({ at: fc.nat(message.length - 1), byte: fc.nat(255) }), { minLength: 1, maxLength: 3 })
      .map((changes) => {
        const bytes = Uint8Array.from(message)
        for (const { at, byte } of changes) bytes[at] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ minLength: 1, maxLength: 60 })), (bytes) => {
        const data = sealed(bytes)
        for (const outcome of [deaggregate(plainOf(data)), deaggregate(plainOf(data), range)]) {
          outcomes.add(outcome.outcome)
          if (outcome.outcome === 'plain') expect(outcome.records[0]!.data).toBe(data)
        }
      }),
      { numRuns: 3000 },
    )
    expect([...outcomes].sort()).toEqual(['aggregate', 'cut', 'foreign', 'plain'])
  })

  test('whatever message is taken apart here, the library of others takes apart to the same data', () => {
    const message = whole.slice(4, -16)
    // Contents and indexes. Changed tags and lengths make known fields of a wrong wire type, which that library reads as if
    // they were right; they are fields that nobody knows.
    const places = [2, 5, 8, 9, 13, 16, 17, 18, 19, 20, 24, 26, 29, 30, 31, 32, 33, 34]
    expect(places.every((at) => at < message.length)).toBe(true)
    const mutated = fc.record({ at: fc.constantFrom(...places), byte: fc.nat(255) }).map(({ at, byte }) => {
      const bytes = Uint8Array.from(message)
      bytes[at] = byte
      return bytes
    })
    let compared = 0
    fc.assert(
      fc.property(mutated, (bytes) => {
        const data = sealed(bytes)
        const { outcome, records: read } = deaggregate(plainOf(data))
        if (outcome !== 'aggregate') return
        compared++
        oracle.deaggregateSync(
          { data: data.toString('base64'), partitionKey: 'a', sequenceNumber: '1' },
          true,
          (error, found) => {
            expect(error).toBeUndefined()
            expect(found.map((one) => Buffer.from(one.data, 'base64').toString('hex'))).toEqual(
              shown(read).map((one) => one.data),
            )
          },
        )
      }),
      { numRuns: 1000 },
    )
    expect(compared).toBeGreaterThan(500)
  })

  test('without required fields, or with a tag without key, the message counts as damaged', () => {
    const hex = (text: string) => deaggregate(plainOf(sealed(Buffer.from(text.replaceAll(' ', ''), 'hex'))))
    expect(hex('0a0161 1a04 0800 1a00').outcome).toBe('aggregate')
    expect(hex('0a0161 1a02 1a00').outcome).toBe('plain')
    expect(hex('0a0161 1a02 0800').outcome).toBe('plain')
    expect(hex('0a0161 1a08 0800 1a00 2202 1200').outcome).toBe('plain')
    expect(hex('0a0161 1a08 0800 1a00 2202 0a00').outcome).toBe('aggregate')
    // Unknown fields of each wire type are stepped over; an end of a group without its start is damage.
    expect(hex('0a0161 3801 390000000000000000 3a0141 3b0801 3c 3d00000000 1a04 0800 1a00').outcome).toBe(
      'aggregate',
    )
    expect(hex('0a0161 3c 1a04 0800 1a00').outcome).toBe('plain')
    expect(hex('3b'.repeat(100_000)).outcome).toBe('plain')
    // Tables may follow the records that name them.
    expect(hex('1a04 0800 1a00 0a0161').records.length).toBe(1)
  })

  test('an index outside of a table hands over what parsed before', () => {
    const hex = (text: string) => deaggregate(plainOf(sealed(Buffer.from(text.replaceAll(' ', ''), 'hex'))))
    const good = '1a05 0800 1a0141'
    expect(hex(`0a0161 ${good} ${good} 1a05 0801 1a0142 ${good}`)).toMatchObject({
      outcome: 'cut',
      records: [{ partitionKey: 'a' }, { partitionKey: 'a' }],
    })
    expect(hex(`0a0161 ${good} 1a07 0800 1000 1a0142`)).toMatchObject({
      outcome: 'cut',
      records: [{ partitionKey: 'a' }],
    })
    // 2^64 - 1, which does not fit a double.
    expect(hex(`0a0161 1a0e 08ffffffffffffffffff01 1a0142`)).toEqual({ outcome: 'cut', records: [] })
  })
})

describe('routing', () => {
  test('an aggregate is discarded whole as soon as one user record lies outside of the range', () => {
    fc.assert(
      fc.property(userRecords, fc.integer({ min: 1, max: 4 }), (records, shards) => {
        fc.pre(records.length > 1)
        const hashes = records.map((record) => {
          if (record.explicitHashKey !== undefined) return BigInt(record.explicitHashKey)
          return BigInt(`0x${createHash('md5').update(record.partitionKey).digest('hex')}`)
        })
        const packed = onlyOne(records)
        for (const range of initialHashRanges(shards)) {
          const isInside = hashes.every((hash) => hash >= range.start && hash <= range.end)
          const { outcome, records: read } = deaggregate(packed, range)
          expect(outcome).toBe(isInside ? 'aggregate' : 'foreign')
          expect(shown(read)).toEqual(isInside ? shown(records) : [])
        }
      }),
    )
  })

  test('both ends of a range belong to it', () => {
    const range = { start: 2n ** 32n, end: 2n ** 96n }
    const outcomeOf = (hash: bigint) => {
      const record = { partitionKey: 'k', explicitHashKey: String(hash), data: new Uint8Array(1) }
      return deaggregate(onlyOne([record, record]), range).outcome
    }
    expect([range.start - 1n, range.start, range.end, range.end + 1n].map(outcomeOf)).toEqual([
      'foreign',
      'aggregate',
      'aggregate',
      'foreign',
    ])
  })

  test('the first fault decides: records before a bad index stay, unless one of them is foreign', () => {
    const range = initialHashRanges(2)[0]!
    const hex = (text: string) =>
      deaggregate(plainOf(sealed(Buffer.from(text.replaceAll(' ', ''), 'hex'))), range)
    // Table of explicit hashes: "0" (inside), "x" (no number), 39 nines (above all).
    const tables = `0a0161 120130 120178 1227${'39'.repeat(39)}`
    const record = (hash: string) => `1a07 0800 10${hash} 1a0142`
    expect(hex(`${tables} ${record('00')} ${record('01')} ${record('02')}`)).toMatchObject({
      outcome: 'cut',
      records: [{ explicitHashKey: '0' }],
    })
    expect(hex(`${tables} ${record('00')} ${record('02')} ${record('01')}`)).toEqual({
      outcome: 'foreign',
      records: [],
    })
  })
})
