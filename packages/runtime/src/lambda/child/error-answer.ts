/** What a function threw, in the form in which AWS answers it. Whatever it is, this never throws. */
import { types } from 'node:util'
import type { LambdaError } from '../lambda-port.ts'

/** How stack traces write the files of this folder: what called the handler is no business of its author. */
const ownFolder = new URL('.', import.meta.url).href

export function errorAnswer(thrown: unknown): LambdaError {
  try {
    if (isError(thrown)) {
      const { name, message, stack } = thrown
      return {
        errorType: String(name),
        errorMessage: String(message),
        stackTrace: typeof stack === 'string' ? stackLines(stack) : [],
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

/** Up to the call of the handler, or the import of its file. */
function stackLines(stack: string): string[] {
  const lines = stack.split('\n')
  const own = lines.findIndex(isOwnCall)
  return own === -1 ? lines : lines.slice(0, own)
}

function isOwnCall(line: string): boolean {
  return ['run-invocation.', 'load-handler.'].some((file) => line.includes(`${ownFolder}${file}`))
}

/** Also errors of other realms and libraries, which only look like one. */
function isError(thrown: unknown): thrown is Error {
  if (types.isNativeError(thrown)) return true
  if (typeof thrown !== 'object' || thrown === null) return false
  const { name, message, stack } = thrown as { name?: unknown; message?: unknown; stack?: unknown }
  return [name, message, stack].every((part) => typeof part === 'string' && part !== '')
}
