/** Errors of the DynamoDB API, in the service's own words. The form of their bodies is in error-body.ts. */
import { WireError } from '../wire/wire-error.ts'

export function validation(message: string): WireError {
  return new WireError('ValidationException', message)
}

/** What most checks of parameters say. */
export function invalidParameters(message: string): WireError {
  return validation(`One or more parameter values were invalid: ${message}`)
}

export function notFound(message: string): WireError {
  return new WireError('ResourceNotFoundException', message)
}

/** To callers of operations on tables. */
export function tableNotFound(name: string): WireError {
  return notFound(`Requested resource not found: Table: ${name} not found`)
}

/** To callers of operations on items. */
export function itemTableNotFound(): WireError {
  return notFound('Requested resource not found')
}

export function inUse(message: string): WireError {
  return new WireError('ResourceInUseException', message)
}

export function limitExceeded(message: string): WireError {
  return new WireError('LimitExceededException', message)
}

export function conditionFailed(item: object | undefined): WireError {
  return new WireError('ConditionalCheckFailedException', 'The conditional request failed', {
    ...(item === undefined ? {} : { members: { Item: item } }),
  })
}

export function throttled(): WireError {
  return new WireError(
    'ProvisionedThroughputExceededException',
    'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning ' +
      'level with the UpdateTable API.',
  )
}
