/** What clients of services that are not here are told, in the form that each of them reads. */
import { afterEach, describe, expect, test } from 'vitest'
import { ask, bodyOf, closeAll, open } from '../testing/open-gateway.ts'
import { requestText } from '../testing/raw-client.ts'
import { foreignService } from './foreign-service.ts'

afterEach(closeAll)

const text =
  'is not here: this endpoint speaks Kinesis, Firehose and DynamoDB. Give its client an endpoint of its own, in code or by AWS_ENDPOINT_URL_'

function signedFor(service: string): string {
  return `AWS4-HMAC-SHA256 Credential=any/20261121/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`
}

describe('a request that is signed for another service', () => {
  test.each([
    ['S3 reads XML', 'GET /bucket?list-type=2', 's3', {}, /^<Error><Code>UnknownOperationException</],
    ['S3 puts', 'PUT /bucket/key', 's3', { 'Content-Type': 'text/plain' }, /^<Error><Code>/],
    [
      'REST reads JSON',
      'GET /2015-03-31/functions/',
      'lambda',
      {},
      /^\{"__type":"UnknownOperationException"/,
    ],
    [
      'REST posts JSON',
      'POST /2015-03-31/functions/f/invocations',
      'lambda',
      { 'Content-Type': 'application/json' },
      /^\{"__type"/,
    ],
    [
      'the query protocol reads XML',
      'POST /',
      'sns',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      /^<ErrorResponse><Error><Code>UnknownOperationException</,
    ],
    [
      'AWS JSON has a target',
      'POST /',
      'sqs',
      { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'AmazonSQS.ListQueues' },
      /^\{/,
    ],
  ])('%s', async (_name, line, service, headers, form) => {
    const { gateway } = await open({ auth: { mode: 'lenient' } })
    const reply = await ask(
      gateway,
      requestText(line, { Authorization: signedFor(service), 'Content-Length': 0, ...headers }),
    )
    expect(reply).toMatch(/^HTTP\/1\.1 400 [\s\S]*x-amzn-ErrorType: UnknownOperationException\r\n/)
    const body = bodyOf(reply)
    expect(body).toMatch(form)
    expect(body.replaceAll('\\', '').replaceAll('&#34;', '"')).toContain(`The service "${service}" ${text}`)
  })

  test('is told by its Authorization header alone', () => {
    expect(foreignService(signedFor('s3'))).toBe('s3')
    for (const own of ['kinesis', 'dynamodb', 'monitoring', 'millrace']) {
      expect(foreignService(signedFor(own))).toBeUndefined()
    }
    expect(foreignService(undefined)).toBeUndefined()
    expect(foreignService('X')).toBeUndefined()
    expect(foreignService(signedFor('a b'))).toBeUndefined()
  })
})
