/** Makes one call and tells the function's meter. */
import type { Clock } from '@millrace/values'
import type { FunctionMeter } from './function-meter.ts'
import type { CallOutcome, FunctionCall, FunctionRunner } from './function-runner.ts'

export async function meteredCall(
  runner: FunctionRunner,
  call: FunctionCall,
  { meter, clock }: { readonly meter: FunctionMeter; readonly clock: Clock },
): Promise<CallOutcome> {
  const startedAt = clock.now()
  const last = call.records.at(-1)
  meter.started(last && startedAt - last.loggedAtMs)
  const outcome = await runner.call(call)
  if (outcome.kind === 'throttled') {
    meter.throttled()
    return outcome
  }
  // A runner that waits before it runs the function knows better how long that took.
  meter.ended(outcome.durationMs ?? clock.now() - startedAt, outcome.kind !== 'returned')
  return outcome
}
