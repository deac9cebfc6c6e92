/**
 * Bodies of errors as DynamoDB writes them: the type has the name of the Java package that it is from. SDKs strip it; the
 * message is spelt with a capital in a SerializationException only.
 */
import type { WireError } from '../wire/wire-error.ts'

const service = 'com.amazon.coral.service#'
const packages: Readonly<Record<string, string>> = {
  ValidationException: 'com.amazon.coral.validate#',
  ThrottlingException: 'com.amazon.coral.availability#',
  AccessDeniedException: service,
  ExpiredTokenException: service,
  IncompleteSignatureException: service,
  InternalFailureException: service,
  InvalidSignatureException: service,
  MissingAuthenticationTokenException: service,
  SerializationException: service,
  UnknownOperationException: service,
  UnrecognizedClientException: service,
}

export function dynamoErrorBody(error: WireError): object {
  const type = `${packages[error.type] ?? 'com.amazonaws.dynamodb.v20120810#'}${error.type}`
  if (error.message === '') return { __type: type, ...error.members }
  if (error.type === 'SerializationException' || error.type === 'AccessDeniedException')
    return { __type: type, Message: error.message }
  return { __type: type, message: error.message, ...error.members }
}
