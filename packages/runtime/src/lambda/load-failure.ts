/** Why a handler could not be loaded, as an error that says what to write instead, or in which line to look. */
import { RuntimeError } from '../errors.ts'
import { stackPlace } from '../stack-place.ts'
import type { LambdaCode, LambdaError } from './lambda-port.ts'
import type { NotLoadedHead } from './process-messages.ts'

export function loadFailure(code: LambdaCode, failure: NotLoadedHead): RuntimeError {
  const place = `function "${code.functionName}"`
  const { error } = failure
  if (failure.reason === 'missing') {
    return new RuntimeError('HANDLER_MISSING', {
      place,
      what: `there is no such handler in ${code.codeDir} (${error.errorMessage})`,
      value: JSON.stringify(code.handler),
      ...(failure.names.length === 0 ? {} : { allowed: failure.names.join(', ') }),
      next: 'Write handler as file.export, the file below the folder of the code and without its extension',
    })
  }
  const { errorType, errorMessage, stackTrace } = error
  const line = failedLine(error, code.codeDir)
  return new RuntimeError('HANDLER_FAILED', {
    place,
    what: `the handler ${code.handler} of ${code.codeDir} could not be loaded: ${errorType}: ${oneLine(errorMessage)}${line === undefined ? '' : ` (${line})`}`,
    next: 'Correct the error, or install what is missing in the folder of the code',
    cause: Object.assign(new Error(errorMessage), { name: errorType, stack: stackTrace.join('\n') }),
  })
}

/** Node's list of who required whom is in the stack as well. */
function oneLine(message: string): string {
  return message
    .replace(/\nRequire stack:[\s\S]*$/, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
}

/**
 * `FILE:LINE`: of a syntax error V8 writes it above the message, with the line itself; of others it is the first frame in the
 * code's own folder. Undefined where neither is (syntax errors of ES modules), or where the message has it already.
 */
function failedLine({ errorMessage, stackTrace }: LambdaError, codeDir: string): string | undefined {
  const [first = ''] = stackTrace
  const line = /^\S.*:\d+$/.test(first)
    ? first
    : stackPlace(stackTrace, (file) => file.startsWith(`${codeDir}/`))
  return line === undefined || errorMessage.includes(line) ? undefined : line
}
