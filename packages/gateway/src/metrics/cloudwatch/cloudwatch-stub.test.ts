import { gzipSync } from 'node:zlib'
import { VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBody } from '../../wire/body-codec.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { Caller, WireEncoding } from '../../wire/wire-service.ts'
import { MetricRegistry } from '../metric-registry.ts'
import { CloudWatchStub } from './cloudwatch-stub.ts'

const allowed: string[] = []
const caller: Caller = {
  keyId: 'k',
  account: '000000000000',
  authorize: (action, resource) => void allowed.push(`${action} ${resource}`),
}

function stub() {
  const registry = new MetricRegistry({ clock: new VirtualClock(Date.UTC(2026, 0, 1)) })
  return { registry, service: new CloudWatchStub(registry) }
}

function call(
  service: CloudWatchStub,
  encoding: WireEncoding,
  body: Uint8Array,
  operation = 'PutMetricData',
) {
  return service.handle({
    operation,
    encoding,
    body,
    requestId: 'r',
    signal: new AbortController().signal,
    authenticate: () => caller,
  })
}

const form = (service: CloudWatchStub, body: string | Uint8Array) =>
  service.handleForm({
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    requestId: 'request <1>',
    authenticate: () => caller,
  })

/** The query protocol's form of a tree, as SDKs write it. */
function formOf(tree: unknown, path = ''): [string, string][] {
  if (Array.isArray(tree)) return tree.flatMap((item, i) => formOf(item, `${path}.member.${i + 1}`))
  if (typeof tree !== 'object' || tree === null) return [[path, String(tree)]]
  return Object.entries(tree).flatMap(([name, value]) =>
    formOf(value, path === '' ? name : `${path}.${name}`),
  )
}

const formText = (tree: object) =>
  new URLSearchParams(formOf({ Action: 'PutMetricData', ...tree })).toString()

function seriesOf(registry: MetricRegistry) {
  return [...registry.clients.all()].map(({ id, total }) => ({ ...id, ...total }))
}

const number = fc.oneof(
  fc.integer({ min: -1e6, max: 1e6 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const name = fc.stringMatching(/^[A-Za-z&=%+ äß/_.-]{1,12}$/)
const counts = fc.array(fc.tuple(number, fc.integer({ min: 0, max: 5 })), { minLength: 1, maxLength: 4 })
const datum = fc
  .record({
    MetricName: name,
    Unit: fc.constantFrom('Count', 'Milliseconds', 'Bytes/Second', 'None'),
    Dimensions: fc.uniqueArray(fc.record({ Name: name, Value: name }), {
      maxLength: 3,
      selector: (d) => d.Name,
    }),
  })
  .chain((rest) =>
    fc
      .oneof(
        number.map((Value) => ({ Value })),
        fc.record({
          StatisticValues: fc.record({
            SampleCount: fc.nat(9),
            Sum: number,
            Minimum: number,
            Maximum: number,
          }),
        }),
        counts.map((all) => ({ Values: all.map(([v]) => v), Counts: all.map(([, n]) => n) })),
      )
      .map((values) => ({ ...rest, ...values })),
  )
const input = fc.record({
  Namespace: fc.constantFrom('KinesisProducerLibrary', 'my app'),
  MetricData: fc.array(datum, { minLength: 1, maxLength: 6 }),
})

describe('PutMetricData', () => {
  it('keeps the same for one call in every encoding, compressed or not', () => {
    fc.assert(
      fc.property(input, (tree) => {
        const results = [
          (s: CloudWatchStub) => call(s, 'json', encodeBody(tree, 'json')),
          (s: CloudWatchStub) => call(s, 'cbor', encodeBody(tree, 'cbor')),
          (s: CloudWatchStub) => call(s, 'json', gzipSync(encodeBody(tree, 'json'))),
          (s: CloudWatchStub) => form(s, formText(tree)),
          (s: CloudWatchStub) => form(s, gzipSync(formText(tree))),
        ].map((send) => {
          const { registry, service } = stub()
          send(service)
          expect(service.calls).toBe(1)
          return seriesOf(registry)
        })
        for (const result of results) expect(result).toEqual(results[0])
      }),
    )
  })

  it('files the metrics of a producer under its namespace, by the minute of their arrival', () => {
    const { registry, service } = stub()
    const reply = form(
      service,
      'Action=PutMetricData&Version=2010-08-01&Namespace=KinesisProducerLibrary' +
        '&MetricData.member.1.MetricName=UserRecordsPut&MetricData.member.1.Unit=Count' +
        '&MetricData.member.1.Timestamp=2025-12-31T23%3A59%3A00Z' +
        '&MetricData.member.1.StatisticValues.SampleCount=3&MetricData.member.1.StatisticValues.Sum=60' +
        '&MetricData.member.1.StatisticValues.Minimum=10&MetricData.member.1.StatisticValues.Maximum=3.0e1' +
        '&MetricData.member.1.Dimensions.member.1.Name=StreamName&MetricData.member.1.Dimensions.member.1.Value=orders' +
        '&MetricData.member.2.MetricName=AllErrors&MetricData.member.2.Value=0',
    )
    expect(reply).toEqual({
      status: 200,
      contentType: 'text/xml',
      body: '<PutMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><ResponseMetadata><RequestId>request &#60;1&#62;</RequestId></ResponseMetadata></PutMetricDataResponse>\n',
    })
    const [put, errors] = registry.clients.all()
    expect(put!.id).toEqual({
      namespace: 'KinesisProducerLibrary',
      metric: 'UserRecordsPut',
      unit: 'Count',
      dimensions: [['StreamName', 'orders']],
    })
    expect(put!.minutes(0, registry.minute)).toEqual([
      { minute: registry.minute, sum: 60, count: 3, min: 10, max: 30 },
    ])
    expect(errors!.total).toEqual({ sum: 0, count: 1 })
  })

  it('takes several observations of one metric together, whatever the order of its dimensions', () => {
    const { registry, service } = stub()
    const [a, b] = [
      { Name: 'a', Value: '1' },
      { Name: 'b', Value: '2' },
    ]
    const tree = {
      Namespace: 'n',
      MetricData: [{ MetricName: 'm', Dimensions: [a, b], Values: [1, 5], Counts: [2, 3] }],
      EntityMetricData: [{ Entity: {}, MetricData: [{ MetricName: 'm', Dimensions: [b, a], Value: 9 }] }],
    }
    call(service, 'json', encodeBody(tree, 'json'))
    expect(seriesOf(registry)).toMatchObject([{ metric: 'm', sum: 26, count: 6 }])
    expect([...registry.clients.all()][0]!.minutes(0, registry.minute)[0]).toMatchObject({ min: 1, max: 9 })
  })

  const good = { MetricName: 'm', Value: 1 }
  it.each<[string, object, string, string]>([
    ['no namespace', { MetricData: [good] }, 'MissingRequiredParameterException', 'Namespace is required'],
    [
      'a namespace of a service',
      { Namespace: 'AWS/Kinesis', MetricData: [good] },
      'InvalidParameterValueException',
      'Namespace must not begin',
    ],
    [
      'no data',
      { Namespace: 'n', MetricData: [] },
      'MissingRequiredParameterException',
      'MetricData is required',
    ],
    [
      'too much data',
      { Namespace: 'n', MetricData: Array(1001).fill(good) },
      'InvalidParameterValueException',
      'at most 1000',
    ],
    [
      'no name',
      { Namespace: 'n', MetricData: [{ Value: 1 }] },
      'MissingRequiredParameterException',
      'MetricData.member.1.MetricName',
    ],
    [
      'no value',
      { Namespace: 'n', MetricData: [good, { MetricName: 'm' }] },
      'MissingRequiredParameterException',
      'MetricData.member.2.Value',
    ],
    [
      'two kinds of value',
      { Namespace: 'n', MetricData: [{ ...good, Values: [1] }] },
      'InvalidParameterCombinationException',
      'mutually exclusive',
    ],
    [
      'text for a number',
      { Namespace: 'n', MetricData: [{ ...good, Value: 'many' }] },
      'InvalidParameterValueException',
      'must be a finite number',
    ],
    [
      'a number beyond doubles',
      { Namespace: 'n', MetricData: [{ ...good, Value: '1e999' }] },
      'InvalidParameterValueException',
      'must be a finite number',
    ],
    [
      'half a statistic set',
      { Namespace: 'n', MetricData: [{ MetricName: 'm', StatisticValues: { Sum: 1 } }] },
      'MissingRequiredParameterException',
      'StatisticValues.SampleCount',
    ],
    [
      'other numbers of counts',
      { Namespace: 'n', MetricData: [{ MetricName: 'm', Values: [1, 2], Counts: [1] }] },
      'InvalidParameterValueException',
      'as many members',
    ],
    [
      'an unknown unit',
      { Namespace: 'n', MetricData: [{ ...good, Unit: 'Furlongs' }] },
      'InvalidParameterValueException',
      'Unit must be',
    ],
    [
      'a dimension twice',
      {
        Namespace: 'n',
        MetricData: [
          {
            ...good,
            Dimensions: [
              { Name: 'd', Value: '1' },
              { Name: 'd', Value: '2' },
            ],
          },
        ],
      },
      'InvalidParameterValueException',
      'different',
    ],
    [
      'control characters',
      { Namespace: 'n', MetricData: [{ ...good, MetricName: 'a\u0000b' }] },
      'InvalidParameterValueException',
      'control characters',
    ],
    [
      'a number for a list',
      { Namespace: 'n', MetricData: 7 },
      'InvalidParameterValueException',
      'must be a list',
    ],
    [
      'a number for a datum',
      { Namespace: 'n', MetricData: [7] },
      'InvalidParameterValueException',
      'must be a structure',
    ],
  ])('refuses %s, and keeps nothing of the call', (_, tree, type, message) => {
    for (const encoding of ['json', 'cbor'] as const) {
      const { registry, service } = stub()
      const error = errorOf(() => call(service, encoding, encodeBody(tree, encoding)))
      expect(error).toMatchObject({ type, status: 400 })
      expect(error.message).toContain(message)
      expect(registry.clients.size).toBe(0)
    }
    const { registry, service } = stub()
    const reply = form(service, formText(tree))
    expect(reply.status).toBe(400)
    expect(reply.body).toMatch(
      /<Code>(MissingParameter|InvalidParameterValue|InvalidParameterCombination)<\/Code>/,
    )
    expect(registry.clients.size).toBe(0)
  })

  it('answers other operations and broken bodies with an error of the protocol', () => {
    const { service } = stub()
    expect(form(service, 'Action=ListMetrics')).toMatchObject({
      status: 400,
      body: expect.stringContaining(
        '<Type>Sender</Type><Code>InvalidAction</Code><Message>The operation &#34;ListMetrics&#34; is unknown',
      ),
    })
    expect(form(service, 'a=1&a.b=2').body).toContain('<Code>MalformedQueryString</Code>')
    expect(form(service, 'a=1&a=2').body).toContain('a parameter twice')
    expect(form(service, `${'a.'.repeat(20)}=1`).body).toContain('more than 12 parts')
    expect(form(service, new Uint8Array([0x1f, 0x8b, 1, 2, 3])).body).toContain('<Code>MalformedInput</Code>')
    expect(form(service, gzipSync(Buffer.alloc(3 * 1024 * 1024))).body).toContain(
      '<Code>MalformedInput</Code>',
    )
    expect(errorOf(() => call(service, 'json', encodeBody({}, 'json'), 'ListMetrics')).type).toBe(
      'UnknownOperationException',
    )
    expect(errorOf(() => call(service, 'json', new Uint8Array([1]))).type).toBe('SerializationException')
    expect(service.calls).toBe(0)
  })

  it('never fails otherwise, whatever the form', () => {
    const step = fc.constantFrom(
      'MetricData',
      'member',
      '1',
      '2',
      'Value',
      'Namespace',
      '__proto__',
      'constructor',
      '',
    )
    const path = fc.array(step, { maxLength: 6 }).map((steps) => steps.join('.'))
    fc.assert(
      fc.property(fc.array(fc.tuple(path, fc.string({ maxLength: 5 })), { maxLength: 12 }), (pairs) => {
        const { service } = stub()
        const body = new URLSearchParams([
          ['Action', 'PutMetricData'],
          ['Namespace', 'n'],
          ...pairs,
        ]).toString()
        expect([200, 400]).toContain(form(service, body).status)
      }),
      { numRuns: 500 },
    )
    expect(({} as Record<string, unknown>).Value).toBeUndefined()
  })

  it('asks for the signature after the body is read, and for the action before anything is kept', () => {
    const { registry, service } = stub()
    const refused = new WireError('UnrecognizedClientException', 'The security token is invalid.')
    const body = new TextEncoder().encode(formText({ Namespace: 'n', MetricData: [good] }))
    const authenticate = () => {
      throw refused
    }
    const reply = service.handleForm({ body, requestId: 'r', authenticate })
    expect(reply).toMatchObject({
      status: 400,
      body: expect.stringContaining('<Code>UnrecognizedClient</Code>'),
    })
    const malformed = service.handleForm({
      body: new TextEncoder().encode('a=1&a=2'),
      requestId: 'r',
      authenticate,
    })
    expect(malformed.body).toContain('MalformedQueryString')
    allowed.length = 0
    form(service, body)
    expect(allowed).toEqual(['cloudwatch:PutMetricData *'])
    const denied = {
      ...caller,
      authorize: () => {
        throw new WireError('AccessDeniedException', 'denied')
      },
    }
    const before = seriesOf(registry)
    expect(service.handleForm({ body, requestId: 'r', authenticate: () => denied }).body).toContain(
      'AccessDenied',
    )
    expect(seriesOf(registry)).toEqual(before)
  })
})

function errorOf(act: () => unknown): WireError {
  try {
    act()
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
