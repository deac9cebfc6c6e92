/** The ways in which clients name an operation and encode a body, through a whole gateway: PutMetricData speaks all of them. */
import { VirtualClock } from '@millrace/values'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Gateway, startGateway } from '../gateway.ts'
import { CloudWatchStub } from '../metrics/cloudwatch/cloudwatch-stub.ts'
import { MetricRegistry } from '../metrics/metric-registry.ts'
import { encodeBody, parseBody } from '../wire/body-codec.ts'

const clock = new VirtualClock(Date.UTC(2026, 0, 1))
const stub = new CloudWatchStub(new MetricRegistry({ clock }))
let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway({ services: [stub], forms: stub, port: 0, clock, auth: { mode: 'off' } })
})
afterAll(() => gateway.close())

const target = 'GraniteServiceVersion20100801.PutMetricData'
const data = { Namespace: 'KinesisProducerLibrary', MetricData: [{ MetricName: 'UserRecordsPut', Value: 3 }] }
const form =
  'Action=PutMetricData&Version=2010-08-01&Namespace=N&MetricData.member.1.MetricName=M&MetricData.member.1.Value=1'

function post(path: string, headers: Record<string, string>, body: string | Uint8Array): Promise<Response> {
  return fetch(`${gateway.url}${path}`, { method: 'POST', headers, body })
}

test.each([
  [
    'JSON 1.0',
    '/',
    { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
    JSON.stringify(data),
  ],
  [
    'JSON 1.1',
    '/',
    { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    JSON.stringify(data),
  ],
  [
    'CBOR 1.1',
    '/',
    { 'content-type': 'application/x-amz-cbor-1.1', 'x-amz-target': target },
    encodeBody(data, 'cbor'),
  ],
  [
    'RPC v2 CBOR',
    '/service/GraniteServiceVersion20100801/operation/PutMetricData',
    { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
    encodeBody(data, 'cbor'),
  ],
  ['query', '/', { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, form],
])('%s is accepted and answered in kind', async (_, path, headers: Record<string, string>, body) => {
  const before = stub.calls
  const reply = await post(path, headers, body)
  expect(reply.status).toBe(200)
  expect(stub.calls).toBe(before + 1)
  const type = headers['content-type']!
  expect(reply.headers.get('content-type')).toBe(type.includes('form') ? 'text/xml' : type)
  expect(reply.headers.get('smithy-protocol')).toBe(headers['smithy-protocol'] ?? null)
})

test.each([
  ['/service/Other/operation/Get', 'UnknownOperationException'],
  ['/service/GraniteServiceVersion20100801', 'UnknownOperationException'],
  ['/service/GraniteServiceVersion20100801/operation/GetMetricData', 'UnknownOperationException'],
])('an operation of %s that is not there is said so in CBOR', async (path, type) => {
  const reply = await post(path, { 'content-type': 'application/cbor' }, encodeBody({}, 'cbor'))
  expect(reply.status).toBe(400)
  expect(parseBody(new Uint8Array(await reply.arrayBuffer()), 'cbor')).toMatchObject({ __type: type })
})

test('a form without a known action is an error in XML', async () => {
  const reply = await post('/', { 'content-type': 'application/x-www-form-urlencoded' }, 'Action=ListQueues')
  expect(reply.status).toBe(400)
  expect(await reply.text()).toContain('<Code>')
})

test('a fault of our own in the query protocol is an internal failure, and the gateway goes on', async () => {
  const failures: unknown[] = []
  const forms = {
    handleForm: () => {
      throw new Error('secret detail of the inside')
    },
  }
  const failing = await startGateway({
    services: [],
    forms,
    port: 0,
    clock,
    auth: { mode: 'off' },
    onFailure: ({ error }) => failures.push(error),
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  for (let i = 0; i < 2; i++) {
    const reply = await fetch(failing.url, { method: 'POST', headers, body: form })
    expect(reply.status).toBe(500)
    expect(await reply.text()).not.toContain('secret')
  }
  expect(failures).toHaveLength(2)
  await failing.close()
})
