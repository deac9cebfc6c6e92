/**
 * Requests for services of AWS that are not here. All clients of a function or of a shell that has AWS_ENDPOINT_URL come to this
 * endpoint; what it does not know it refuses in the words of AWS's front end, which let nobody guess that the address is
 * meant. The service is the one that the request was signed for, in the clear in its Authorization header.
 *
 * The form of the refusal is the one that the service's clients read: XML for S3 and for the query protocol, else JSON.
 */
import { escapeXml } from '../wire/escape-xml.ts'
import { WireError } from '../wire/wire-error.ts'

const ownNames = ['kinesis', 'dynamodb', 'firehose', 'monitoring', 'millrace']

/** The signing name of a service that is not here; undefined where none is named. */
export function foreignService(authorization: string | undefined): string | undefined {
  const name = /^AWS4-HMAC-SHA256 Credential=[^/,\s]+\/\d{8}\/[\w-]+\/([\w.-]{1,64})\/aws4_request[,\s]/.exec(
    authorization ?? '',
  )?.[1]
  return name === undefined || ownNames.includes(name) ? undefined : name
}

export function foreignError(service: string): WireError {
  return new WireError(
    'UnknownOperationException',
    `The service "${service}" is not here: this endpoint speaks Kinesis, Firehose and DynamoDB. ` +
      'Give its client an endpoint of its own, in code or by AWS_ENDPOINT_URL_<SERVICE>.',
  )
}

export function foreignReply(service: string, form: 'query' | 'rest'): { contentType: string; body: string } {
  const { type, message } = foreignError(service)
  const error = `<Error><Code>${type}</Code><Message>${escapeXml(message)}</Message></Error>`
  if (form === 'query') return { contentType: 'text/xml', body: `<ErrorResponse>${error}</ErrorResponse>\n` }
  if (service === 's3') return { contentType: 'application/xml', body: `${error}\n` }
  return { contentType: 'application/json', body: JSON.stringify({ __type: type, message }) }
}
