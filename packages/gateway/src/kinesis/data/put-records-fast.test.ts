/** The short cut answers every body as the general way does, and leaves the same in the store. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBody } from '../../wire/body-codec.ts'
import { WireError } from '../../wire/wire-error.ts'
import { openKinesisService } from '../kinesis-service.ts'
import { anyone, wireCall } from '../testing/kinesis-kit.ts'
import { makeDataPlane } from './data-plane.ts'
import { PutRecordsScanner } from './put-records-scanner.ts'
import { awsRates, type DataKit, dataKit, defaultSettings, HOUR_MS } from './testing/data-kit.ts'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** Mostly what clients send; now and then something at or over an edge. */
const data = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 300 }).map(base64) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      'QQ==',
      'QR==',
      'QUE=',
      'QUF=',
      'QUFB',
      'Q',
      'QQ=',
      '====',
      'Q-__',
      'QUE=QUE=',
      ' QUFB',
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 30_000 }).map((n) => base64(Buffer.alloc(n, 7))) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'QUF+',
      'QU\nFB',
      'a'.repeat(200),
      `${'a'.repeat(200)}-___`,
      `${'a'.repeat(199)}é`,
    ),
  },
)
const keys = fc.oneof(
  { weight: 8, arbitrary: fc.string({ minLength: 1, maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      'k'.repeat(256),
      'k'.repeat(257),
      'é'.repeat(256),
      '\u0000',
      '\ud800',
      '"',
      '\\',
    ),
  },
)
const hashes = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
  fc.constantFrom(
    '0',
    '00',
    '01',
    '',
    '-1',
    '1.0',
    'x',
    String(2n ** 128n - 1n),
    String(2n ** 128n),
    '9'.repeat(39),
    '9'.repeat(40),
  ),
)
const odd = fc.constantFrom<unknown>(null, 1, true, [], {}, 'x')
const maybe = <T>(arbitrary: fc.Arbitrary<T>, weight = 1, without = 6) =>
  fc.oneof({ weight: without, arbitrary: fc.constant(undefined) }, { weight, arbitrary })

/** Members as pairs, so that their order and their repetition are part of what is generated. */
type Pairs = readonly (readonly [string, unknown])[]
const shuffled = (pairs: Pairs) => fc.shuffledSubarray([...pairs], { minLength: pairs.length })
const present = (pairs: Pairs): Pairs => pairs.filter(([, value]) => value !== undefined)

const records = fc
  .record({
    data,
    key: keys,
    hash: maybe(hashes),
    extra: maybe(odd),
    oddData: maybe(odd, 1, 60),
    drop: fc.nat(60),
  })
  .chain(({ data: Data, key, hash, extra, oddData, drop }) =>
    shuffled(
      present([
        ['Data', oddData ?? Data],
        ['PartitionKey', drop === 0 ? undefined : key],
        ['ExplicitHashKey', hash],
        ['Else', extra],
        ['Data', drop === 1 ? 'QUFB' : undefined],
      ]),
    ),
  )
const plainRecords = fc
  .record({
    data: fc.uint8Array({ maxLength: 300 }),
    key: fc.string({ unit: fc.constantFrom(...'abcXYZ019 .-_/:'), minLength: 1, maxLength: 20 }),
    hash: maybe(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })),
  })
  .chain((record) =>
    shuffled(
      present([
        ['Data', base64(record.data)],
        ['PartitionKey', record.key],
        ['ExplicitHashKey', record.hash?.toString()],
      ]),
    ),
  )
const lists: fc.Arbitrary<readonly Pairs[]> = fc.oneof(
  { weight: 6, arbitrary: fc.array(plainRecords, { minLength: 1, maxLength: 12 }) },
  { weight: 4, arbitrary: fc.array(records, { minLength: 1, maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(plainRecords, fc.constantFrom(0, 499, 500, 501))
      .map(([record, n]) => Array<Pairs>(n).fill(record)),
  },
)
const names = fc.oneof(
  { weight: 12, arbitrary: fc.constant('s') },
  { weight: 1, arbitrary: fc.constantFrom('none', '', 'a b', 'é') },
)
const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/s'
const arns = maybe(
  fc.constantFrom(
    arn,
    arn.replace('us-', 'eu-'),
    'arn:aws:kinesis',
    `${arn}2`,
    'arn:aws:kinesis:a:000000000000:x:stream/s',
  ),
)

/** JSON text of pairs with white space where JSON takes it. */
const bodies = fc
  .record({
    list: lists,
    name: maybe(names, 40),
    arn: arns,
    extra: maybe(odd),
    space: fc.constantFrom('', '', '', ' ', '\n\t ', '\r'),
  })
  .chain(({ list, name, arn: StreamARN, extra, space }) => {
    const text = (pairs: Pairs): string =>
      `{${space}${pairs
        .map(([member, value]) => `${space}"${member}"${space}:${space}${JSON.stringify(value)}${space}`)
        .join(',')}${space}}`
    const records = `[${space}${list.map(text).join(`${space},${space}`)}${space}]`
    return shuffled(
      present([
        ['Records', ''],
        ['StreamName', name],
        ['StreamARN', StreamARN],
        ['Else', extra],
      ]),
    ).map(
      (pairs) =>
        space +
        text(pairs).replace(`"Records"${space}:${space}""`, () => `"Records"${space}:${space}${records}`) +
        space,
    )
  })
  .map((text) => Buffer.from(text))
/** A byte changed, put in or taken out somewhere. */
const damaged = fc
  .record({
    body: bodies,
    at: fc.nat(),
    byte: fc.nat(255),
    how: fc.constantFrom('change', 'insert', 'cut', 'end'),
  })
  .map(({ body, at, byte, how }) => {
    const i = at % (body.length + 1)
    const tail = how === 'end' ? Buffer.alloc(0) : body.subarray(how === 'insert' ? i : i + 1)
    return Buffer.concat([
      body.subarray(0, i),
      how === 'cut' || how === 'end' ? Buffer.alloc(0) : Buffer.of(byte),
      tail,
    ])
  })
const calls = fc.array(
  fc.record({
    body: fc.oneof({ weight: 3, arbitrary: bodies }, { weight: 1, arbitrary: damaged }),
    afterMs: fc.constantFrom(0, 0, 1, 100, 1_000),
    isDenied: fc.nat(15).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 8 },
)

interface Side {
  readonly kit: DataKit
  handle(body: Uint8Array, isDenied: boolean): Promise<string>
}

async function side(options: { isFast: boolean; isLimited: boolean }): Promise<Side> {
  const kit = await dataKit(
    options.isLimited
      ? { limits: { ...awsRates, shardWriteRecordsPerSecond: 20, shardWriteBytesPerSecond: 3_000 } }
      : {},
  )
  kit.store.defineStream({ name: 's', shards: 3, retentionMs: 24 * HOUR_MS })
  kit.settings.set('s', { ...defaultSettings, encryptionKeyId: options.isLimited ? 'alias/k' : undefined })
  const service = openKinesisService({
    ...kit.context,
    data(context) {
      const data = makeDataPlane({ ...context, streams: kit.context.streams })
      return options.isFast ? data : { operations: data.operations }
    },
  })
  return {
    kit,
    async handle(body, isDenied) {
      const call = { ...wireCall('PutRecords', body), authenticate: () => (isDenied ? denied() : anyone) }
      try {
        const reply = await service.handle(call)
        if (reply.kind === 'events') return 'events'
        return Buffer.from(reply.kind === 'bytes' ? reply.bytes : encodeBody(reply.value!, 'json')).toString()
      } catch (error) {
        if (error instanceof WireError) return `${error.status} ${error.type}: ${error.message}`
        throw error
      }
    },
  }
}

function denied(): never {
  throw new WireError('AccessDeniedException', 'denied')
}

function content({ store }: DataKit): string[] {
  return [0, 1, 2].flatMap((shard) =>
    store
      .read('s', shard, 0, { maxRecords: 1e6, maxBytes: 1e9 })
      .batches.flatMap((batch) =>
        'reason' in batch
          ? [batch.reason]
          : [
              `${shard} ${batch.arrivalTime} ${Buffer.from(batch.bytes.subarray(8, 16)).toString('hex')} ${Buffer.from(batch.bytes.subarray(40)).toString('hex')}`,
            ],
      ),
  )
}

describe('the short cut of PutRecords', () => {
  for (const isLimited of [false, true]) {
    it(`answers and stores like the general way${isLimited ? ', with rates' : ''}`, {
      timeout: 120_000,
    }, async () => {
      let fastBodies = 0
      const scanner = new PutRecordsScanner()
      await fc.assert(
        fc.asyncProperty(calls, async (list) => {
          const fast = await side({ isFast: true, isLimited })
          const general = await side({ isFast: false, isLimited })
          for (const { body, afterMs, isDenied } of list) {
            const expected = await general.handle(body, isDenied)
            expect(await fast.handle(body, isDenied), body.toString('latin1')).toBe(expected)
            if (scanner.scan(body)) fastBodies++
            await fast.kit.clock.advance(afterMs)
            await general.kit.clock.advance(afterMs)
          }
          expect(content(fast.kit)).toEqual(content(general.kit))
        }),
        { numRuns: 60 },
      )
      // Otherwise the law would compare the general way with itself.
      expect(fastBodies).toBeGreaterThan(50)
    })
  }

  it('answers every edge like the general way', async () => {
    const long = 'a'.repeat(200)
    const datas = [
      '""',
      '"Q"',
      '"QQ"',
      '"QQ="',
      '"QQ=="',
      '"QR=="',
      '"QUE="',
      '"QUF="',
      '"QUFB"',
      '"===="',
      '"Q==="',
      '"QQ==QUFB"',
    ]
    datas.push(
      '"Q-__"',
      '"QUE=QUE="',
      '" QUFB"',
      '"QU\\nFB"',
      '"QUF\u00e9"',
      '"QUF\\u0042"',
      'null',
      '1',
      '["QUFB"]',
      '{}',
      '"QUFB',
    )
    datas.push(
      ...[
        'AAAA',
        '-AAA',
        '_AAA',
        ' AAA',
        '=AAA',
        'AA==',
        'AB==',
        'AAA=',
        'AAB=',
        '\u00e9AAA',
        'AAA',
        '',
      ].flatMap((end) => [`"${long}${end}"`, `"${end}${long}"`]),
    )
    const keyTexts = [
      '""',
      `"${'k'.repeat(256)}"`,
      `"${'k'.repeat(257)}"`,
      `"${'é'.repeat(256)}"`,
      '"\\u0041"',
      '"\\""',
      '"\u0001"',
      '"\u007f"',
      '"\ud83d\ude00"',
      'null',
      '7',
    ]
    const hashTexts = [
      '"0"',
      '"00"',
      '"01"',
      '""',
      '"-1"',
      '"x"',
      '" 1"',
      '1',
      'null',
      `"${2n ** 128n - 1n}"`,
      `"${2n ** 128n}"`,
      `"${'9'.repeat(39)}"`,
      `"${'1'.repeat(40)}"`,
      '"4294967296"',
      '"18446744073709551616"',
    ]
    const members = [
      ...datas.map((text) => `"Data":${text},"PartitionKey":"k"`),
      ...keyTexts.map((text) => `"Data":"QUFB","PartitionKey":${text}`),
      ...hashTexts.map((text) => `"Data":"QUFB","PartitionKey":"k","ExplicitHashKey":${text}`),
      '"Data":"QUFB"',
      '"PartitionKey":"k"',
      '',
      '"Data":"QUFB","PartitionKey":"k",',
      ',"Data":"QUFB","PartitionKey":"k"',
      '"Data":"QUFB","Data":"QkJC","PartitionKey":"k"',
      '"Data":"QUFB","PartitionKey":"k","PartitionKey":"l"',
      '"Data":"QUFB","PartitionKey":"k","ExplicitHashKey":"1","ExplicitHashKey":"2"',
      '"data":"QUFB","PartitionKey":"k"',
      '"Data" "QUFB","PartitionKey":"k"',
      '\'Data\':"QUFB","PartitionKey":"k"',
      '"Data":"QUFB","PartitionKey":"k","E":1',
    ]
    const record = '{"Data":"QUFB","PartitionKey":"k"}'
    const bodies = [
      ...members.map((text) => `{"Records":[${record},{${text}},${record}],"StreamName":"s"}`),
      ...[
        '',
        '{}',
        '[]',
        'null',
        '{"Records":[]}',
        `{"Records":[${record}]}`,
        `{"Records":[${record}],"StreamName":"s"} x`,
        `{"Records":[${record}],"StreamName":"s"`,
      ],
      `{"Records":[${record},],"StreamName":"s"}`,
      `{"Records":[${record}],"StreamName":"s",}`,
      `{"Records":[${record}],"Records":[${record}],"StreamName":"s"}`,
      `{"Records":[${record}],"StreamName":"s","StreamName":"t"}`,
      `{"StreamName":"s"}`,
      `\ufeff{"Records":[${record}],"StreamName":"s"}`,
      `{"Records":[${record}],"StreamARN":"${arn}","StreamARN":"${arn}"}`,
      `{"StreamARN":"${arn}","Records":[${record}]}`,
    ]
    const fast = await side({ isFast: true, isLimited: false })
    const general = await side({ isFast: false, isLimited: false })
    for (const text of bodies) {
      const body = Buffer.from(text)
      expect(await fast.handle(body, false), text).toBe(await general.handle(body, false))
      expect(await fast.handle(body, true), text).toBe(await general.handle(body, true))
    }
    expect(content(fast.kit)).toEqual(content(general.kit))
  })

  it('takes the bodies that the clients of AWS send', () => {
    const scanner = new PutRecordsScanner()
    const body = `{"Records":[{"Data":"aGVsbG8=","PartitionKey":"k-1"},{"PartitionKey":"k 2","ExplicitHashKey":"5","Data":""}],"StreamName":"s"}`
    expect(scanner.scan(Buffer.from(body))).toBe(true)
    expect(scanner.count).toBe(2)
    expect(scanner.arena.toString('utf8', 0, scanner.dataEnd[0])).toBe('hello')
    expect(scanner.body.toString('utf8', scanner.keyStart[1], scanner.keyEnd[1])).toBe('k 2')
    expect([...scanner.isExplicit.subarray(0, 2), ...scanner.hashes.subarray(4, 8)]).toEqual([
      0, 1, 0, 0, 0, 5,
    ])
    expect(scanner.dataEnd[1]).toBe(5)
  })
})
