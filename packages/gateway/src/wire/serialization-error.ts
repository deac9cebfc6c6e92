/** The fault of a body that cannot be read, or that holds a value of the wrong type. */
import { WireError } from './wire-error.ts'

export function serializationError(message: string): WireError {
  return new WireError('SerializationException', message)
}
