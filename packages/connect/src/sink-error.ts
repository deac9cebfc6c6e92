/** What a sink throws where records of a batch did not arrive, so that a stage knows which, and whether to try again. */
import type { StreamRecord } from '@millrace/runtime'
import { ConnectError } from './errors.ts'

/** Not all records of a batch arrived. */
export class SinkError extends ConnectError {
  /** Those that failed, with what the service said. */
  readonly failures: readonly SinkFailure[]
  /** Those that are refused for good: a stage sets them aside and goes on with the others. */
  readonly records: readonly Pick<StreamRecord, 'stream' | 'shard' | 'sequence'>[]

  constructor(message: string, failures: readonly SinkFailure[], isFinal: boolean) {
    super('SINK_ITEMS_FAILED', message)
    this.failures = failures
    this.records = isFinal ? failures.map(({ stream, shard, sequence }) => ({ stream, shard, sequence })) : []
  }
}

export interface SinkFailure {
  readonly stream: string
  readonly shard: number
  readonly sequence: number
  readonly code: string
  readonly message: string
}

const shownFailures = 3

export function failureOf(
  { stream, shard, sequence }: StreamRecord,
  code: string,
  message: string,
): SinkFailure {
  return { stream, shard, sequence, code, message }
}

/** `target`: what the records were for, like `stream "orders"`. */
export function describeFailures(target: string, what: string, failures: readonly SinkFailure[]): string {
  const shown = failures
    .slice(0, shownFailures)
    .map((one) => `${one.stream}/${one.shard}/${one.sequence}: ${one.code} ${one.message}`)
  const more = failures.length > shownFailures ? ` and ${failures.length - shownFailures} more` : ''
  return `${target} ${what} ${failures.length} records: ${shown.join('; ')}${more}`
}
