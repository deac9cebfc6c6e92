/** Puts to a delivery: what is answered as stored is in its stream, in order; rates, sizes and both ways of reading a batch. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wireCall } from '../../kinesis/testing/kinesis-kit.ts'
import { encodeBody, parseBody } from '../../wire/body-codec.ts'
import { WireError } from '../../wire/wire-error.ts'
import { directTo, type FirehoseKit, firehoseKit, roleArn } from '../testing/firehose-kit.ts'
import { PutBatchScanner } from './put-batch-scanner.ts'

const name = { DeliveryStreamName: 'orders' }
const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64')
const batchOf = (...records: (Uint8Array | string)[]) => ({
  ...name,
  Records: records.map((each) => ({ Data: base64(each) })),
})

async function kitWith(
  limits: Parameters<typeof firehoseKit>[0] = {},
  destination: object = {},
): Promise<FirehoseKit> {
  const kit = await firehoseKit(limits)
  await kit.call('CreateDeliveryStream', directTo('orders', destination))
  return kit
}

describe('puts', () => {
  it('store records in the order of the calls, each with an id of its own', async () => {
    const kit = await kitWith()
    const one = await kit.call('PutRecord', { ...name, Record: { Data: base64('a') } })
    const batch = await kit.call('PutRecordBatch', batchOf('b', '', 'c'))
    expect(one).toEqual({ RecordId: expect.any(String), Encrypted: false })
    expect(batch).toMatchObject({ FailedPutCount: 0, Encrypted: false })
    expect(kit.direct('orders').map(String)).toEqual(['a', 'b', '', 'c'])
    const ids = [one, ...batch.RequestResponses].map(({ RecordId }) => RecordId)
    expect(new Set(ids).size).toBe(4)
    expect([...ids].sort()).toEqual(ids)
  })

  it('take 1,024,000 bytes a record, 500 records and 4 MiB a call, and not more', async () => {
    const kit = await kitWith()
    const largest = Buffer.alloc(1_024_000, 1)
    await kit.call('PutRecord', { ...name, Record: { Data: base64(largest) } })
    const over = base64(Buffer.alloc(1_024_001))
    expect(await kit.fault('PutRecord', { ...name, Record: { Data: over } })).toMatch(
      /^ValidationException: 1 validation error detected: .*'record.data'.* less than or equal to 1024000/,
    )
    expect(await kit.fault('PutRecordBatch', { ...name, Records: [{ Data: '' }, { Data: over }] })).toMatch(
      /^ValidationException: .*'records.2.member.data'/,
    )
    const four = Buffer.alloc(1_000_000)
    const rest = Buffer.alloc(4 * 1024 * 1024 - 4_000_000)
    await kit.call('PutRecordBatch', batchOf(four, four, four, four, rest))
    expect(await kit.fault('PutRecordBatch', batchOf(four, four, four, four, rest, 'x'))).toBe(
      'InvalidArgumentException: Records size exceeds 4 MB limit',
    )
    await kit.call('PutRecordBatch', batchOf(...Array.from({ length: 500 }, () => 'r')))
    expect(await kit.fault('PutRecordBatch', batchOf(...Array.from({ length: 501 }, () => 'r')))).toMatch(
      /^ValidationException: .*'records'.* less than or equal to 500/,
    )
    expect(await kit.fault('PutRecordBatch', { ...name, Records: [] })).toMatch(/greater than or equal to 1/)
    expect(kit.direct('orders')).toHaveLength(1 + 5 + 500)
  })

  it('of other deliveries, or of none, are refused', async () => {
    const kit = await kitWith()
    expect(await kit.fault('PutRecordBatch', { ...batchOf('a'), DeliveryStreamName: 'other' })).toMatch(
      /^ResourceNotFoundException: Firehose other under account/,
    )
  })

  it('beyond the rates fail entry by entry, or as a call, and are counted', async () => {
    const kit = await kitWith({
      deliveryPutBytesPerSecond: 10,
      deliveryPutRecordsPerSecond: 4,
      deliveryPutCallsPerSecond: 2,
    })
    const first = await kit.call('PutRecordBatch', batchOf('123456', '123456', '12', 'a', 'b', 'c'))
    const throttled = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }
    const stored = { RecordId: expect.any(String) }
    // Bytes: 6, then 6 more are too many, 2 and 1 and 1 fit; the fourth record of the second is the last.
    expect(first).toMatchObject({
      FailedPutCount: 2,
      RequestResponses: [stored, throttled, stored, stored, stored, throttled],
    })
    expect(kit.direct('orders').map(String)).toEqual(['123456', '12', 'a', 'b'])
    expect(await kit.fault('PutRecord', { ...name, Record: { Data: 'YQ==' } })).toBe(
      'ServiceUnavailableException: Slow down.',
    )
    await expect(kit.service.handle(call('PutRecordBatch', batchOf('a')))).rejects.toMatchObject({
      type: 'ServiceUnavailableException',
      status: 503,
    })
    await kit.clock.advance(1000)
    await kit.call('PutRecord', { ...name, Record: { Data: 'YQ==' } })
    const sum = (
      metric: 'ThrottledRecords' | 'IncomingRecords' | 'IncomingBytes' | 'PutRecordBatch.Requests',
    ) => kit.registry.find({ metric, delivery: 'orders' })[0]?.total.sum
    expect([sum('ThrottledRecords'), sum('IncomingRecords'), sum('IncomingBytes')]).toEqual([4, 5, 11])
    expect(sum('PutRecordBatch.Requests')).toBe(2)
  })

  it('that the disk does not take fail entry by entry', async () => {
    const kit = await kitWith()
    const commit = kit.store.commit.bind(kit.store)
    kit.store.commit = () => {
      throw new Error('the disk is full')
    }
    const failed = { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure.' }
    expect(await kit.call('PutRecordBatch', batchOf('a', 'b'))).toEqual({
      FailedPutCount: 2,
      Encrypted: false,
      RequestResponses: [failed, failed],
    })
    expect(await kit.fault('PutRecord', { ...name, Record: { Data: 'YQ==' } })).toMatch(
      /^InternalFailureException/,
    )
    kit.store.commit = commit
    await kit.call('PutRecordBatch', batchOf('c'))
    expect(kit.direct('orders').map(String)).toEqual(['c'])
  })

  it('to a delivery that unpacks logs have to be compressed', async () => {
    const kit = await kitWith(
      {},
      {
        RoleARN: roleArn,
        ProcessingConfiguration: {
          Enabled: true,
          Processors: [
            {
              Type: 'Decompression',
              Parameters: [{ ParameterName: 'CompressionFormat', ParameterValue: 'GZIP' }],
            },
          ],
        },
      },
    )
    const gzip = Buffer.from([0x1f, 0x8b, 8, 0])
    expect(await kit.fault('PutRecordBatch', batchOf(gzip, 'plain'))).toMatch(
      /^InvalidSourceException: Only requests/,
    )
    expect(kit.direct('orders')).toEqual([])
    await kit.call('PutRecordBatch', batchOf(gzip))
    expect(kit.direct('orders')).toEqual([gzip])
  })

  it('of one turn are one commit', async () => {
    const kit = await kitWith()
    let commits = 0
    const commit = kit.store.commit.bind(kit.store)
    kit.store.commit = (work) => {
      commits++
      return commit(work)
    }
    await Promise.all(Array.from({ length: 20 }, (_, i) => kit.call('PutRecordBatch', batchOf(String(i)))))
    expect(commits).toBe(1)
    expect(kit.direct('orders').map(String)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)))
  })
})

const call = (operation: string, input: object | Buffer) =>
  wireCall(operation, Buffer.isBuffer(input) ? input : encodeBody(input, 'json'))

describe('the short cut for batches', () => {
  const data = fc.oneof(
    { weight: 60, arbitrary: fc.uint8Array({ maxLength: 200 }).map(base64) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<unknown>('', 'Q', 'QR==', 'QQ=', '====', 'Q-__', ' QUFB', null, 1, {}, 'é'),
    },
  )
  const record = fc.oneof(
    { weight: 60, arbitrary: fc.record({ Data: data }) },
    { weight: 1, arbitrary: fc.record({ Data: data, Extra: fc.constant(1) }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, {}, [], 'x', { data: 'QQ==' }) },
  )
  const body = fc
    .record({
      records: fc.array(record, { maxLength: 12 }),
      delivery: fc.constantFrom<unknown>(
        'orders',
        'orders',
        'orders',
        'other',
        '',
        'a b',
        1,
        undefined,
        'orders\u0041',
      ),
      isNameFirst: fc.boolean(),
      extra: fc.boolean(),
      indent: fc.constantFrom(0, 2),
      cut: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(30) }),
    })
    .map(({ records, delivery, isNameFirst, extra, indent, cut }) => {
      const named = { DeliveryStreamName: delivery }
      const tree = isNameFirst ? { ...named, Records: records } : { Records: records, ...named }
      const text = JSON.stringify(extra ? { ...tree, More: 'x' } : tree, undefined, indent)
      return Buffer.from(cut === null ? text : text.slice(0, -1 - cut))
    })

  it('answers every body as the general way does, and stores the same', async () => {
    const fast = await kitWith()
    const general = await kitWith()
    // A byte that JSON allows and the scanner does not know of: an empty member that nobody reads.
    const slowed = (bytes: Buffer) =>
      Buffer.concat([Buffer.from('{"":0,'), bytes.subarray(bytes.indexOf(0x7b) + 1)])
    const outcome = async (kit: FirehoseKit, bytes: Buffer) => {
      try {
        const reply = await kit.service.handle(call('PutRecordBatch', bytes))
        if (reply.kind === 'events') throw new Error('no events')
        return String(reply.kind === 'bytes' ? reply.bytes : encodeBody(reply.value ?? {}, 'json')).replace(
          /"RecordId":"\d{56}"/g,
          '"RecordId":"#"',
        )
      } catch (error) {
        if (error instanceof WireError)
          return `${error.type}: ${error.message.replace(/ at byte \d+| byte \d+/g, '')}`
        throw error
      }
    }
    let taken = 0
    const scanner = new PutBatchScanner()
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        if (scanner.scan(bytes)) taken++
        const isObject = bytes.length > 2 && bytes.at(-1) === 0x7d
        fc.pre(isObject)
        expect(scanner.scan(slowed(bytes))).toBe(false)
        expect(await outcome(fast, bytes)).toBe(await outcome(general, slowed(bytes)))
      }),
      { numRuns: 400 },
    )
    expect(taken).toBeGreaterThan(40)
    expect(fast.direct('orders')).toEqual(general.direct('orders'))
    expect(fast.direct('orders').length).toBeGreaterThan(50)
  })

  it('writes its reply as the listener would', async () => {
    const kit = await kitWith()
    const reply = await kit.service.handle(call('PutRecordBatch', batchOf('a', 'b')))
    if (reply.kind !== 'bytes') throw new Error('the short cut was not taken')
    expect(String(encodeBody(parseBody(reply.bytes, 'json'), 'json'))).toBe(String(reply.bytes))
  })
})
