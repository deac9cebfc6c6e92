/** A transform function that is a Lambda handler, in processes of its own: events in, answers out, as on AWS. */
import { functionArn, type LambdaCode, type LambdaHost, type LambdaRunner } from '@millrace/runtime'
import { CodedError } from '@millrace/values'
import type { EventTransformer } from './delivery-port.ts'

type InvokeFault = 'Lambda.FunctionError' | 'Lambda.FunctionTimedOut' | 'Lambda.InvokeLimitExceeded'

class InvokeError extends CodedError<InvokeFault> {
  override readonly name = 'InvokeError'
}

export function lambdaTransformer(code: LambdaCode, host: LambdaHost): EventTransformer {
  let opening: Promise<LambdaRunner> | undefined
  const open = async (): Promise<LambdaRunner> => {
    const runner = host.makeRunner(code)
    await runner.open()
    return runner
  }
  return {
    arn: `${functionArn(code, host.services)}:$LATEST`,
    async invoke(event) {
      // A start that failed is tried again: the code may be mended meanwhile.
      opening ??= open().catch((error: unknown) => {
        opening = undefined
        throw error
      })
      const outcome = await (await opening).invoke(event)
      if (outcome.kind === 'returned') return outcome.payload
      if (outcome.kind === 'throttled') throw new InvokeError('Lambda.InvokeLimitExceeded', outcome.reason)
      const { errorType, errorMessage } = outcome.error
      throw new InvokeError(
        errorType === 'Sandbox.Timedout' ? 'Lambda.FunctionTimedOut' : 'Lambda.FunctionError',
        `${errorType}: ${errorMessage}`,
      )
    },
    async close() {
      const runner = await opening?.catch(() => undefined)
      await runner?.close()
    },
  }
}
