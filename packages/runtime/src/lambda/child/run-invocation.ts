/**
 * Calls a handler once and settles its answer, in each of the ways that Lambda knows: a promise; `callback`, which waits until
 * nothing runs any more unless `callbackWaitsForEmptyEventLoop` is false; `context.done`, `succeed` and `fail`, which do
 * not wait. The first one counts. When nothing runs any more and none was used, an async function has failed and any
 * other has returned null; or, where a plain function returned a value, that value.
 */
import type { InvokeHead } from '../process-messages.ts'
import { nowMs } from './child-clock.ts'
import type { LambdaHandler } from './load-handler.ts'

export type InvocationEnd =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly thrown: unknown }

/** Told when the event loop is about to be empty: it calls `emptied` then, until `stopWatching`. */
export interface LoopWatch {
  watch(emptied: () => void): void
  stopWatching(): void
}

export function runInvocation(
  handler: LambdaHandler,
  event: unknown,
  { head, loop }: { readonly head: InvokeHead; readonly loop: LoopWatch },
): Promise<InvocationEnd> {
  return new Promise((resolve) => {
    const enteredAt = nowMs()
    let answered = false
    const end = (result: InvocationEnd): void => {
      loop.stopWatching()
      resolve(result)
    }
    /** The first answer; later ones are ignored, as in Lambda. */
    const answer = (thrown: unknown, value: unknown, waits: boolean): void => {
      if (answered) return
      answered = true
      if (thrown !== undefined && thrown !== null) end({ kind: 'failed', thrown })
      else if (waits) loop.watch(() => end({ kind: 'returned', value }))
      else end({ kind: 'returned', value })
    }
    const done = (thrown?: unknown, value?: unknown) => answer(thrown, value, false)
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      succeed: (value?: unknown) => done(undefined, value),
      fail: (thrown?: unknown) => done(thrown ?? 'handled'),
      done,
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      clientContext: undefined,
      identity: undefined,
      invokedFunctionArn: head.functionArn,
      awsRequestId: head.requestId,
      getRemainingTimeInMillis: () => Math.max(0, Math.round(head.timeoutMs - (nowMs() - enteredAt))),
    }
    const callback = (thrown?: unknown, value?: unknown) =>
      answer(thrown, value, context.callbackWaitsForEmptyEventLoop)

    let returned: unknown
    loop.watch(() => {
      if (handler.constructor.name === 'AsyncFunction') done(new NeverSettled())
      else done(undefined, returned)
    })
    try {
      returned = handler(event, context, callback)
    } catch (thrown) {
      return done(thrown ?? String(thrown))
    }
    if (isThenable(returned)) {
      const promise = returned
      returned = undefined
      promise.then(
        (value) => done(undefined, value),
        (thrown: unknown) => done(thrown ?? String(thrown)),
      )
    }
  })
}

class NeverSettled extends Error {
  override readonly name = 'Runtime.NodeJsExit'

  constructor() {
    super(
      'The function ended without an answer: nothing runs any more that could settle the promise that it returned.',
    )
  }
}

interface Thenable {
  then(onValue: (value: unknown) => void, onError: (thrown: unknown) => void): unknown
}

function isThenable(value: unknown): value is Thenable {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
