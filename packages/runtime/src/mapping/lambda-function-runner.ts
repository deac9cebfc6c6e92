/**
 * Functions of the form `lambda`: a handler as it would be deployed, in processes of its own. It gets events and returns
 * answers as on AWS; what it writes it writes through clients, so nothing of it is part of the commit: a call may be
 * repeated after a stop, as there.
 */
import { readFileSync } from 'node:fs'
import { codeVersion } from '../dead-letter.ts'
import { RuntimeError } from '../errors.ts'
import { eventOverheadBytes, type ShardEvents } from '../event/shard-events.ts'
import { findModule } from '../lambda/find-module.ts'
import { parseHandlerName } from '../lambda/handler-name.ts'
import type { LambdaCode, LambdaError, LambdaRunner } from '../lambda/lambda-port.ts'
import type { BatchRecord } from '../stream-record.ts'
import type { CallOutcome, FunctionCall, FunctionRunner } from './function-runner.ts'
import type { StreamEvents } from './stream-events.ts'

/** Lambda's limit for the payload of a synchronous invocation. */
const eventBytesMax = 6 * 1024 * 1024

export class LambdaFunctionRunner implements FunctionRunner {
  codeVersion: string
  readonly callBytesMax = eventBytesMax - eventOverheadBytes
  private readonly lambda: LambdaRunner
  private readonly events: Pick<StreamEvents, 'of' | 'ofRecord'>
  private readonly code: LambdaCode

  constructor(code: LambdaCode, lambda: LambdaRunner, events: Pick<StreamEvents, 'of' | 'ofRecord'>) {
    this.lambda = lambda
    this.events = events
    this.code = code
    this.codeVersion = handlerVersion(code)
  }

  callBytes(record: BatchRecord): number {
    const events = this.eventsOf(record.stream, record.shard)
    // The call fails without being made.
    return events instanceof RuntimeError ? record.byteLength : events.recordBytes(record)
  }

  itemId(record: BatchRecord): string {
    return this.events.ofRecord(record).sequenceNumber(record)
  }

  open(): Promise<void> {
    return this.lambda.open()
  }

  async call(call: FunctionCall): Promise<CallOutcome> {
    const events = this.eventsOf(call.stream, call.shard, call.records)
    if (events instanceof RuntimeError) return { kind: 'failed', error: events }
    try {
      const event = events.event(call.records, call.window)
      const outcome = await this.lambda.invoke(event)
      if (outcome.kind === 'throttled') return outcome
      const { requestId, durationMs } = outcome
      return outcome.kind === 'failed'
        ? { kind: 'failed', error: new HandlerError(outcome.error), requestId, durationMs }
        : { kind: 'returned', value: JSON.parse(outcome.payload), writes: [], requestId, durationMs }
    } catch (error) {
      // A record that cannot be shown in an event.
      return { kind: 'failed', error }
    }
  }

  /** Redriven letters may be of a stream that is gone: they are to blame, and nobody else waits for them. */
  private eventsOf(
    stream: string,
    shard: number,
    records: readonly BatchRecord[] = [],
  ): ShardEvents | RuntimeError {
    try {
      return this.events.of(stream, shard)
    } catch (cause) {
      return new RuntimeError('STREAM_UNKNOWN', {
        place: `stream "${stream}"`,
        what: 'records of it cannot be shown in an event: it was deleted',
        next: 'Drop the dead letters that come from it, or make it again',
        cause,
        records: records.map((record) => ({ stream, shard, sequence: record.sequence })),
      })
    }
  }

  reload(): void {
    this.lambda.reload()
    this.codeVersion = handlerVersion(this.code)
  }

  close(): Promise<void> {
    return this.lambda.close()
  }
}

/** Of the handler's file as it is on disk now; of its name where there is no such file. */
function handlerVersion({ codeDir, handler }: LambdaCode): string {
  const name = parseHandlerName(handler)
  const file = name && findModule(codeDir, name.module)
  try {
    if (file !== undefined) return codeVersion(readFileSync(file, 'utf8'))
  } catch {
    // It went away or cannot be read: the handler's process says so.
  }
  return codeVersion(`${codeDir}/${handler}`)
}

/** What the handler threw, or why it was ended, with the name and stack that it had in its process. */
class HandlerError extends Error {
  constructor({ errorType, errorMessage, stackTrace }: LambdaError) {
    super(errorMessage)
    this.name = errorType
    this.stack = stackTrace.length > 0 ? stackTrace.join('\n') : `${errorType}: ${errorMessage}`
  }
}
