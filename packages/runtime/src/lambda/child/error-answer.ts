/** What a function threw, in the form in which AWS answers it. Whatever it is, this never throws. */
import { types } from 'node:util'
import type { LambdaError } from '../lambda-port.ts'

export function errorAnswer(thrown: unknown): LambdaError {
  try {
    if (isError(thrown)) {
      const { name, message, stack } = thrown
      return {
        errorType: String(name),
        errorMessage: String(message),
        stackTrace: typeof stack === 'string' ? stack.split('\n') : [],
      }
    }
    return { errorType: typeof thrown, errorMessage: String(thrown), stackTrace: [] }
  } catch {
    return {
      errorType: 'handled',
      errorMessage: 'callback called with Error argument, but its message, name or stack cannot be read',
      stackTrace: [],
    }
  }
}

/** Also errors of other realms and libraries, which only look like one. */
function isError(thrown: unknown): thrown is Error {
  if (types.isNativeError(thrown)) return true
  if (typeof thrown !== 'object' || thrown === null) return false
  const { name, message, stack } = thrown as { name?: unknown; message?: unknown; stack?: unknown }
  return [name, message, stack].every((part) => typeof part === 'string' && part !== '')
}
