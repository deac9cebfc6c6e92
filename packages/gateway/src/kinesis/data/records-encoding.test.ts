/** What is written straight from batches is what the general encoders write of the same tree, byte for byte. */
import type { StreamInfo } from '@millrace/store'
import { base64Length, readBase64, writeBase64 } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBody } from '../../wire/body-codec.ts'
import { encodeCbor } from '../../wire/cbor-encode.ts'
import { readPage } from './record-page.ts'
import { recordValues } from './record-values.ts'
import { encodeRecordsCbor } from './records-cbor.ts'
import { encodeRecordsJson } from './records-json.ts'
import { dataKit, HOUR_MS } from './testing/data-kit.ts'

const bytes = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 90, maxLength: 400 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(255, 256, 65_535, 65_536, 70_000).map((n) => new Uint8Array(n).fill(n)),
  },
)
// Keys of apps may be any bytes.
const keys = fc.oneof(
  fc.string({ maxLength: 30 }).map((text) => new Uint8Array(Buffer.from(text))),
  fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => new Uint8Array(Buffer.from(text))),
  fc.uint8Array({ maxLength: 12 }),
)
const commits = fc.array(fc.array(fc.record({ key: keys, data: bytes }), { minLength: 1, maxLength: 5 }), {
  maxLength: 4,
})

describe('records', () => {
  it('are encoded like their tree, in JSON and in CBOR, wherever a page begins and ends', async () => {
    const kit = await dataKit()
    kit.store.defineStream({ name: 's', shards: 1, retentionMs: 24 * HOUR_MS })
    let written = 0
    await fc.assert(
      fc.asyncProperty(
        commits,
        fc.nat(3),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        async (list, skip, maxRecords, isKms) => {
          const position = written + skip
          for (const records of list) {
            kit.store.commit((transaction) => transaction.append('s', records))
            written += records.length
            await kit.clock.advance(7)
          }
          // Defined above.
          const info = kit.store.stream('s') as StreamInfo
          const place = {
            stream: 's',
            info: info.shardInfos[0]!,
            position,
            nowMs: kit.clock.now(),
            horizonMs: 0,
          }
          const page = readPage(kit.store, place, { maxRecords, maxBytes: 1e6 })
          const options = { info, encryptionType: isKms ? ('KMS' as const) : undefined }
          const rest = { NextShardIterator: 'abc', MillisBehindLatest: 5, ChildShards: undefined }
          const tree = { Records: recordValues(page, options), ...rest }
          expect(tree.Records).toHaveLength(page.records)
          const json = encodeRecordsJson(page, options, `,${JSON.stringify(rest).slice(1)}`)
          expect(json.toString('latin1')).toBe(encodeBody(tree, 'json').toString('latin1'))
          const cbor = encodeRecordsCbor(page, options, { members: 2, tail: encodeCbor(rest).subarray(1) })
          expect(cbor.toString('latin1')).toBe(encodeBody(tree, 'cbor').toString('latin1'))
        },
      ),
    )
  })
})

describe('base64', () => {
  const offsets = fc.nat(5)

  it('is written and read as Node does it', () => {
    fc.assert(
      fc.property(bytes, offsets, offsets, (source, before, after) => {
        const padded = Buffer.concat([Buffer.alloc(before, 1), source, Buffer.alloc(after, 2)])
        const target = Buffer.alloc(before + base64Length(source.length) + after, '.')
        const end = writeBase64(padded, before, before + source.length, target, before)
        const text = Buffer.from(source).toString('base64')
        expect(target.toString('latin1')).toBe('.'.repeat(before) + text + '.'.repeat(after))
        expect(end).toBe(before + text.length)
        const back = Buffer.alloc(source.length + 3 + before, 9)
        expect(readBase64(target, before, end, back, before)).toBe(before + source.length)
        expect(back.subarray(before, before + source.length)).toEqual(Buffer.from(source))
      }),
    )
  })

  it('is refused in any form but the canonical one', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(255), (source, at, byte) => {
        const text = Buffer.from(Buffer.from(source).toString('base64'))
        if (text.length === 0) return
        text[at % text.length] = byte
        const decoded = Buffer.from(text.toString('latin1'), 'base64')
        const isCanonical = decoded.toString('base64') === text.toString('latin1')
        const target = Buffer.alloc(text.length)
        expect(readBase64(text, 0, text.length, target, 0)).toBe(isCanonical ? decoded.length : -1)
      }),
      { numRuns: 2_000 },
    )
  })
})
