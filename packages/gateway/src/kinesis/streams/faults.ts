/** Errors that several operations of the control plane answer with. */
import { WireError } from '../../wire/wire-error.ts'
import type { KinesisStream } from '../kinesis-context.ts'

export function invalidArgument(message: string): WireError {
  return new WireError('InvalidArgumentException', message)
}

export function validation(message: string): WireError {
  return new WireError('ValidationException', message)
}

export function notFound(message: string): WireError {
  return new WireError('ResourceNotFoundException', message)
}

export function inUse(message: string): WireError {
  return new WireError('ResourceInUseException', message)
}

export function limitExceeded(message: string): WireError {
  return new WireError('LimitExceededException', message)
}

export function streamNotFound(name: string, account: string): WireError {
  return notFound(`Stream ${name} under account ${account} not found.`)
}

/** A change of a stream has to wait until the one before is over. Error: ResourceInUseException. */
export function mustBeActive(stream: KinesisStream): void {
  if (stream.status === 'ACTIVE') return
  throw inUse(
    `Stream ${stream.name} under account ${stream.account} not ACTIVE, instead in state ${stream.status}`,
  )
}

/** What leaves the shards alone may go on beside an update. Error: ResourceInUseException. */
export function mustBeReady(stream: KinesisStream): void {
  if (stream.status !== 'UPDATING') mustBeActive(stream)
}
