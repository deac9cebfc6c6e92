/**
 * Bodies that make no sense: whatever is sent, the answer is a reply or an error of the API, never a fault of ours, and nothing that
 * was refused has left a trace. Fixed cases first, then random trees of the members that the API knows, and bytes.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wireCall } from '../kinesis/testing/kinesis-kit.ts'
import { encodeBody } from '../wire/body-codec.ts'
import { WireError } from '../wire/wire-error.ts'
import { inputShapes, type OperationName } from './shapes/input-shapes.ts'
import { directTo, type FirehoseKit, firehoseKit } from './testing/firehose-kit.ts'

// A literal has no other keys than those of its type.
const operations = Object.keys(inputShapes) as OperationName[]
const errors = new Set([
  'ConcurrentModificationException',
  'InvalidArgumentException',
  'LimitExceededException',
  'ResourceInUseException',
  'ResourceNotFoundException',
  'SerializationException',
  'ValidationException',
])

/** The error's type, or undefined for a reply; anything else is a fault of ours. */
async function outcome(kit: FirehoseKit, operation: string, body: Uint8Array): Promise<string | undefined> {
  try {
    const reply = await kit.service.handle(wireCall(operation, body))
    if (reply.kind === 'value' && reply.value !== undefined) encodeBody(reply.value, 'json')
    return undefined
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    expect(errors, error.message).toContain(error.type)
    return error.type
  }
}

describe('a hostile body', () => {
  it.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    ['a body nested without end', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['lists nested without end', `{"Records":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['two bodies', '{}{}'],
    ['members of the prototype', '{"__proto__":{"DeliveryStreamName":"a"},"constructor":1,"toString":[]}'],
  ])('of %s is refused by every operation', async (_, body) => {
    const kit = await firehoseKit()
    for (const operation of operations) {
      if (operation === 'ListDeliveryStreams' && String(body).includes('__proto__')) continue
      expect(await outcome(kit, operation, Buffer.from(body)), operation).toMatch(/Serialization|Validation/)
    }
  })

  it.each<[string, object]>([
    ['a tag of the prototype', { Tags: [{ Key: '__proto__', Value: 'constructor' }] }],
    ['a name of the prototype', { DeliveryStreamName: 'constructor' }],
    ['a name of dots', { DeliveryStreamName: '..' }],
  ])('with %s is a delivery like any other', async (_, more) => {
    const kit = await firehoseKit()
    const input = { ...directTo('orders'), ...more }
    const name = { DeliveryStreamName: (input as { DeliveryStreamName?: string }).DeliveryStreamName }
    await kit.call('CreateDeliveryStream', input)
    await kit.call('PutRecord', { ...name, Record: { Data: 'YQ==' } })
    const { Tags } = await kit.call('ListTagsForDeliveryStream', name)
    expect(Tags).toEqual((more as { Tags?: object }).Tags ?? [])
    await kit.call('DeleteDeliveryStream', name)
    expect((await kit.call('ListDeliveryStreams', {})).DeliveryStreamNames).toEqual([])
  })

  it.each<[string, object]>([
    ['a prefix that leaves the bucket', { Prefix: '../../etc/' }],
    ['a prefix that leaves it later', { Prefix: 'a/!{timestamp:yyyy}/../../', ErrorOutputPrefix: 'e/' }],
    ['a prefix of control characters', { Prefix: 'a\u0001/' }],
    ['an error prefix that leaves the bucket', { ErrorOutputPrefix: '/../' }],
    ['a bucket that leaves the directory', { BucketARN: 'arn:aws:s3:::..' }],
    ['a bucket of another disk', { BucketARN: 'arn:aws:s3:::.' }],
    ['a bucket in capitals', { BucketARN: 'arn:aws:s3:::LAKE' }],
    ['a prefix without an end', { Prefix: '!{timestamp:yyyy', ErrorOutputPrefix: 'e/' }],
    ['a pattern of nothing', { Prefix: '!{timestamp:}/', ErrorOutputPrefix: 'e/' }],
    [
      'a key that is too long',
      { Prefix: `${'!{timestamp:yyyyMMddHHmmssSSSSSSSSS}'.repeat(28)}/`, ErrorOutputPrefix: 'e/' },
    ],
  ])('with %s makes no delivery', async (_, destination) => {
    const kit = await firehoseKit()
    expect(await kit.fault('CreateDeliveryStream', directTo('orders', destination))).toMatch(
      /^(InvalidArgument|Validation)Exception: /,
    )
    expect(kit.deliveries.directory.list()).toEqual([])
    expect(kit.store.stream('orders.direct')).toBeUndefined()
  })

  it('of random members is answered or refused, and takes nothing down', async () => {
    const kit = await firehoseKit()
    await kit.call('CreateDeliveryStream', directTo('orders'))
    const members = [...memberNames()]
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(
        'orders',
        'other',
        'DirectPut',
        'arn:aws:s3:::lake',
        'YQ==',
        '!{',
        '1',
        '',
        'Enabled',
      ),
      fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e308, 64),
      fc.string({ unit: 'binary', maxLength: 20 }),
    )
    const tree = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small', maxDepth: 6 }, leaf, tie('record'), tie('list')),
      record: fc.dictionary(fc.constantFrom(...members), tie('value'), { maxKeys: 6 }),
      list: fc.array(tie('value'), { maxLength: 4 }),
    }))
    const counts = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), tree.record, async (operation, given) => {
        const named = { DeliveryStreamName: 'orders', ...(given as object) }
        const found = (await outcome(kit, operation, Buffer.from(JSON.stringify(named)))) ?? 'reply'
        counts.set(found, (counts.get(found) ?? 0) + 1)
      }),
      { numRuns: 2000 },
    )
    expect(counts.get('reply')).toBeGreaterThan(20)
    expect(counts.get('SerializationException')).toBeGreaterThan(20)
    expect(counts.get('ValidationException')).toBeGreaterThan(20)
    await kit.call('ListDeliveryStreams', {})
  })

  it('of a good one with some bytes changed is answered or refused', async () => {
    const kit = await firehoseKit()
    await kit.call('CreateDeliveryStream', directTo('orders'))
    const good = [
      ['PutRecordBatch', { DeliveryStreamName: 'orders', Records: [{ Data: 'YWJj' }, { Data: '' }] }],
      ['PutRecord', { DeliveryStreamName: 'orders', Record: { Data: 'YWJj' } }],
      [
        'CreateDeliveryStream',
        directTo('another', { Prefix: '!{timestamp:yyyy/MM}/', ErrorOutputPrefix: 'e/' }),
      ],
      ['DescribeDeliveryStream', { DeliveryStreamName: 'orders' }],
    ] as const
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.array(fc.record({ at: fc.nat(400), byte: fc.nat(255) }), { minLength: 1, maxLength: 3 }),
        async ([operation, input], changes) => {
          const body = Buffer.from(JSON.stringify(input))
          for (const { at, byte } of changes) body[at % body.length] = byte
          await outcome(kit, operation, body)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

/** Of all inputs, at whatever depth. */
function memberNames(): Set<string> {
  const names = new Set<string>()
  const visit = (shape: unknown): void => {
    if (typeof shape !== 'object' || shape === null) return
    if ('members' in shape && Array.isArray(shape.members)) {
      for (const { name, shape: of } of shape.members) {
        names.add(name)
        visit(of)
      }
    }
    if ('member' in shape) visit(shape.member)
  }
  for (const shape of Object.values(inputShapes)) visit(shape)
  return names
}
