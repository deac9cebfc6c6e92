/** Errors of the Firehose API, in the service's own words where they are known. */
import { WireError } from '../wire/wire-error.ts'

export function invalidArgument(message: string): WireError {
  return new WireError('InvalidArgumentException', message)
}

export function inUse(message: string): WireError {
  return new WireError('ResourceInUseException', message)
}

export function limitExceeded(message: string): WireError {
  return new WireError('LimitExceededException', message)
}

export function deliveryNotFound(name: string, account: string): WireError {
  return new WireError('ResourceNotFoundException', `Firehose ${name} under account ${account} not found.`)
}

export const THROTTLED_CODE = 'ServiceUnavailableException'
export const THROTTLED_MESSAGE = 'Slow down.'
export const FAILED_CODE = 'InternalFailure'
export const FAILED_MESSAGE = 'Internal Service Failure.'

export function slowDown(): WireError {
  return new WireError(THROTTLED_CODE, THROTTLED_MESSAGE, { status: 503 })
}

export function putFailed(cause: unknown): WireError {
  return new WireError('InternalFailureException', FAILED_MESSAGE, { status: 500, cause })
}

/** Codes of faults that what a client asked for brings about. */
const faultsOfSettings: ReadonlySet<string> = new Set([
  'DELIVERY_INVALID',
  'PREFIX_INVALID',
  'JQ_INVALID',
  'BUCKET_NAME_INVALID',
])

/** Faults of settings come from the lake, with what is allowed; a client reads them as faults of its arguments. */
export function asWireError(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return error
  if (!faultsOfSettings.has(error.code)) return error
  const { code, message } = error
  const text = message.startsWith(`${code} `) ? message.slice(code.length + 1) : message
  return new WireError('InvalidArgumentException', text.charAt(0).toUpperCase() + text.slice(1), {
    cause: error,
  })
}
