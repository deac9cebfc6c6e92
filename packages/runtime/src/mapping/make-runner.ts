/** The runner for each form of functions. */
import type { FunctionStage } from '../app-model.ts'
import type { InvocationScope } from '../invocation.ts'
import type { LambdaHost } from '../lambda/lambda-host.ts'
import type { Warnings } from '../warnings.ts'
import { BatchRunner } from './batch-runner.ts'
import type { FunctionRunner } from './function-runner.ts'
import { LambdaFunctionRunner } from './lambda-function-runner.ts'
import type { StreamEvents } from './stream-events.ts'

export function makeRunner(
  { code }: FunctionStage,
  scope: InvocationScope,
  lambdas: LambdaHost,
  events: StreamEvents,
  warnings: Warnings,
): FunctionRunner {
  switch (code.form) {
    case 'batch':
      return new BatchRunner(code.handler, scope, warnings)
    case 'each':
      throw new Error('runtime invariant: a per-record function runs in an EachStage')
    case 'lambda':
      return new LambdaFunctionRunner(code.lambda, lambdas.makeRunner(code.lambda), events)
  }
}
