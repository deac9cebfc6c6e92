/** What each kind of request is answered, seen from the socket: methods, targets, encodings, pages, CORS. */
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { afterEach, describe, expect, test } from 'vitest'
import type { Gateway } from '../gateway.ts'
import { ask, askHttp2, bodyOf, client, closeAll, open } from '../testing/open-gateway.ts'
import { callText, requestText } from '../testing/raw-client.ts'
import { decodeCbor } from '../wire/cbor-decode.ts'
import { encodeCbor } from '../wire/cbor-encode.ts'
import type { Route } from './routes.ts'

afterEach(closeAll)

describe('what is answered', () => {
  test('a call, with its request id, an opaque id and the time of the clock', async () => {
    const { gateway } = await open()
    const reply = await ask(gateway, callText('ListStreams'))
    expect(reply).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(reply).toMatch(/\r\nx-amzn-RequestId: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\r\n/)
    expect(Buffer.from(/x-amz-id-2: (\S+)/.exec(reply)![1]!, 'base64')).toHaveLength(72)
    expect(reply).toContain('\r\nContent-Type: application/x-amz-json-1.1\r\n')
    expect(reply).toContain('\r\ndate: Sat, 21 Nov 2026 10:30:00 GMT\r\n')
    expect(bodyOf(reply)).toBe('{"StreamNames":["toy"],"HasMoreStreams":false}')
    expect(bodyOf(await ask(gateway, callText('DeleteStream')))).toBe('')
  })

  test('CBOR in CBOR, errors too; the parameters of a content type do not matter', async () => {
    const { gateway } = await open()
    const call = (operation: string) =>
      askHttp2Binary(
        gateway,
        operation,
        encodeCbor({ StreamName: 'toy', At: new Date(5), Data: Buffer.of(1) }),
      )
    const got = await call('GetRecords')
    expect(got.headers['content-type']).toBe('application/x-amz-cbor-1.1')
    expect(decodeCbor(got.body)).toMatchObject({
      Records: [{ Data: Buffer.from('hello'), ApproximateArrivalTimestamp: new Date(1_700_000_000_123) }],
    })
    const failed = await call('DescribeStreamSummary')
    expect(failed.headers[':status']).toBe(400)
    expect(failed.headers['x-amzn-errortype']).toBe('ResourceNotFoundException')
    expect(decodeCbor(failed.body)).toEqual({
      __type: 'ResourceNotFoundException',
      message: 'Stream toy under account 000000000000 not found.',
    })
    const charset = { 'Content-Type': 'application/x-amz-json-1.1; charset=utf-8' }
    expect(await ask(gateway, callText('ListStreams', '{}', charset))).toMatch(/ 200 /)
  })

  async function askHttp2Binary(gateway: Gateway, operation: string, body: Buffer) {
    const session = connectHttp2(gateway.url)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/',
      'content-type': 'application/x-amz-cbor-1.1',
      'x-amz-target': `Kinesis_20131202.${operation}`,
    })
    stream.end(body)
    const pieces: Buffer[] = []
    let headers: IncomingHttpHeaders = {}
    stream.on('response', (found) => {
      headers = found
    })
    for await (const piece of stream) pieces.push(piece)
    session.destroy()
    return { headers, body: Buffer.concat(pieces) }
  }

  test('the kind of the path does not matter for calls, pages are found by it', async () => {
    const { gateway } = await open({
      routes: new Map<string, Route>([
        ['/page', ({ query }) => Promise.resolve({ contentType: 'text/html', body: `<p>${query.get('a')}` })],
        ['/broken', () => Promise.reject(new Error('secret'))],
        ['/teapot', () => ({ status: 418, contentType: 'text/plain', body: Buffer.of(65) })],
      ]),
    })
    expect(await ask(gateway, callText('ListStreams').replace('POST /', 'POST /healthz/x?y'))).toMatch(
      / 200 /,
    )
    expect(bodyOf(await ask(gateway, requestText('GET /healthz', {})))).toBe('ok\n')
    expect(bodyOf(await ask(gateway, requestText('GET /page?a=1', {})))).toBe('<p>1')
    const head = await ask(gateway, requestText('HEAD /page', {}))
    expect(head).toMatch(/^HTTP\/1\.1 200 [\s\S]*Content-Length: 7\r\n[\s\S]*\r\n\r\n$/)
    const broken = await ask(gateway, requestText('GET /broken', {}))
    expect(broken).toMatch(/^HTTP\/1\.1 500 [\s\S]*internal failure [0-9a-f-]{36}\n$/)
    expect(await ask(gateway, requestText('GET /teapot', {}))).toMatch(/^HTTP\/1\.1 418 [\s\S]*\r\n\r\nA$/)
    expect((await askHttp2(gateway, { ':path': '/healthz' })).body).toBe('ok\n')
    expect(
      (await askHttp2(gateway, { ':path': '/healthz', ':method': 'HEAD' })).headers['content-length'],
    ).toBe('3')
  })

  test.each([
    ['a target without a dot', 'ListStreams'],
    ['another service', 'DynamoDB_20120810.ListTables'],
    ['no target', ''],
  ])('%s is an unknown operation', async (_name, target) => {
    const { gateway } = await open()
    const reply = await ask(gateway, callText('', '{}', { 'X-Amz-Target': target }))
    expect(reply).toMatch(/^HTTP\/1\.1 400 [\s\S]*x-amzn-ErrorType: UnknownOperationException\r\n/)
    expect(JSON.parse(bodyOf(reply))).toMatchObject({ __type: 'UnknownOperationException' })
  })

  test('an unknown content type is 404 for a signed call, and no service where there is no target', async () => {
    const { gateway } = await open({ auth: { mode: 'verify' } })
    const odd = (headers: Record<string, string>) =>
      ask(
        gateway,
        requestText('POST /', { 'Content-Type': 'application/json', 'Content-Length': 0, ...headers }),
      )
    const target = { 'X-Amz-Target': 'Kinesis_20131202.ListStreams' }
    const missing =
      '<MissingAuthenticationTokenException>\n  <Message>Missing Authentication Token</Message>\n' +
      '</MissingAuthenticationTokenException>\n'
    const denied =
      '<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n' +
      '</AccessDeniedException>\n'
    expect(await odd({ ...target, Authorization: 'X' })).toMatch(
      /^HTTP\/1\.1 404 [\s\S]*<UnknownOperationException\/>\n$/,
    )
    for (const [reply, text] of [
      [await odd(target), missing],
      [await odd({ Authorization: 'X' }), denied],
      [await ask(gateway, requestText('GET /', {})), missing],
      [await ask(gateway, requestText('PUT /', { Authorization: 'X' })), denied],
      [await ask(gateway, requestText('DELETE /?X-Amz-Algorithm=x', {})), denied],
    ] as const) {
      expect(reply).toMatch(/^HTTP\/1\.1 403 /)
      expect(reply).not.toMatch(/content-type/i)
      expect(bodyOf(reply)).toBe(text)
    }
    const put = await askHttp2(gateway, { ':method': 'PUT', ':path': '/', authorization: 'X' }, 'body')
    expect(put.headers[':status']).toBe(403)
    expect(put.body).toBe(denied)
  })

  test('an unsigned call learns nothing but that it is unsigned, after its body was found to be one', async () => {
    const { gateway, service } = await open({ auth: { mode: 'verify' } })
    const broken = await ask(gateway, callText('ListStreams', '{'))
    expect(JSON.parse(bodyOf(broken))).toMatchObject({ __type: 'SerializationException' })
    const unsigned = await ask(gateway, callText('DescribeStreamSummary'))
    expect(JSON.parse(bodyOf(unsigned))).toEqual({
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    })
    expect(service.callers).toEqual([])
  })

  test('browsers may call: the preflight says so, and replies expose their headers', async () => {
    const { gateway } = await open({ auth: { mode: 'verify' } })
    const preflight = await ask(
      gateway,
      requestText('OPTIONS /', {
        Origin: 'https://example.org',
        'Access-Control-Request-Headers': 'a, b',
        'Access-Control-Request-Method': 'POST',
      }),
    )
    expect(preflight).toMatch(/^HTTP\/1\.1 200 /)
    for (const line of [
      'Access-Control-Allow-Origin: *',
      'Access-Control-Allow-Headers: a, b',
      'Access-Control-Allow-Methods: POST',
      'Access-Control-Max-Age: 172800',
      'Content-Length: 0',
    ]) {
      expect(preflight).toContain(`\r\n${line}\r\n`)
    }
    expect(preflight).not.toContain('x-amz-id-2')
    const exposed = 'x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date'
    const reply = await ask(gateway, callText('ListStreams', '{}', { Origin: 'https://example.org' }))
    expect(reply).toContain(`\r\nAccess-Control-Expose-Headers: ${exposed}\r\n`)
    expect(reply).toContain('\r\nAccess-Control-Allow-Origin: *\r\n')
    expect(await ask(gateway, callText('ListStreams'))).not.toContain('Access-Control')
    const overHttp2 = await askHttp2(gateway, { ':method': 'OPTIONS', ':path': '/', origin: 'x' })
    expect(overHttp2.headers).toMatchObject({ ':status': 200, 'access-control-max-age': '172800' })
  })

  test('many requests on one connection, pipelined and over HTTP/2 at once', async () => {
    const { gateway, service } = await open()
    const piped = client(gateway)
    piped.send(callText('ListStreams').repeat(50))
    const replies = await piped.receives({ test: (text) => text.split('StreamNames').length === 51 })
    expect(replies.match(/HTTP\/1\.1 200/g)).toHaveLength(50)
    expect(new Set(replies.match(/x-amzn-RequestId: \S+/g)).size).toBe(50)
    expect(service.callers).toHaveLength(50)
  })
})
