/**
 * Functions of the form `batch`: a handler of the app's own program, called on the stage's thread. What it writes through
 * tables and `context.emit` is buffered, and committed with the position if the call comes to its end.
 */
import { codeVersion } from '../dead-letter.ts'
import type { FunctionContext, FunctionHandler, FunctionWindow, LogPlace } from '../function-api.ts'
import { Invocation, type InvocationScope, runInvocation } from '../invocation.ts'
import type { BatchRecord } from '../stream-record.ts'
import type { Warnings } from '../warnings.ts'
import type { CallOutcome, FunctionCall, FunctionRunner, WindowCall } from './function-runner.ts'

/** The limit that Lambda has for events, in bytes of data here. */
const callBytesMax = 6 * 1024 * 1024

export class BatchRunner implements FunctionRunner {
  readonly codeVersion: string
  readonly callBytesMax = callBytesMax
  private readonly handler: FunctionHandler
  private readonly scope: InvocationScope
  private readonly warnings: Warnings

  constructor(handler: FunctionHandler, scope: InvocationScope, warnings: Warnings) {
    this.handler = handler
    this.scope = scope
    this.warnings = warnings
    this.codeVersion = codeVersion(handler.toString())
  }

  callBytes(record: BatchRecord): number {
    return record.byteLength
  }

  itemId(record: BatchRecord): string {
    return String(record.sequence)
  }

  async open(): Promise<void> {}

  async call(call: FunctionCall): Promise<CallOutcome> {
    const invocation = new Invocation(this.scope, call.records)
    try {
      const context = this.context(call, invocation)
      const value = await runInvocation(invocation, () => this.handler(invocation.records, context))
      return { kind: 'returned', value, writes: [invocation] }
    } catch (error) {
      if (endedByStop(error, call.signal)) return { kind: 'throttled', reason: 'the app stops' }
      return { kind: 'failed', error }
    } finally {
      invocation.end()
    }
  }

  async close(): Promise<void> {}

  private context(call: FunctionCall, invocation: Invocation): FunctionContext {
    const { stage, store } = this.scope
    let log: LogPlace | undefined
    return {
      stage,
      shard: call.shard,
      attempt: call.attempt,
      ...(call.window === undefined ? {} : { window: windowOf(call.window) }),
      signal: call.signal,
      // Few handlers ask.
      get log() {
        log ??= {
          ...call.log,
          uid: store.stream(call.log.stream)!.uid, // it is being read
          sequences: call.records.map((record) => record.position),
        }
        return log
      },
      warn: (code, message) => {
        if (message === undefined) this.warnings.retract(code, stage)
        else this.warnings.say(code, stage, message)
      },
      emit: (stream, value, options) =>
        invocation.emit(typeof stream === 'string' ? stream : stream.name, value, options?.partitionKey),
    }
  }
}

/** What `signal.throwIfAborted()` throws, and clients that were given the signal. */
function endedByStop(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError')
}

function windowOf({ start, end, state, isFinal, isTerminatedEarly }: WindowCall): FunctionWindow {
  // The state was written by JSON.stringify of an object.
  const parsed = JSON.parse(state) as Record<string, unknown>
  return { startMs: start, endMs: end, state: parsed, isFinal, isTerminatedEarly }
}
