/** What the operations of the Firehose API share, and what each is. */
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { Caller } from '../wire/wire-service.ts'
import type { FirehoseLimits } from './found-delivery.ts'
import type { InputOf, OperationName } from './shapes/input-shapes.ts'
import type { FirehoseStreams } from './streams/firehose-streams.ts'

export interface FirehoseContext {
  readonly store: Store
  readonly clock: Clock
  readonly limits: FirehoseLimits
  readonly region: string
  readonly streams: FirehoseStreams
}

export interface FirehoseCall {
  readonly caller: Caller
  readonly requestId: string
}

/** What an operation does with checked input; the reply's members, undefined for an empty body. */
export type FirehoseOperation<N extends OperationName> = (
  input: InputOf<N>,
  call: FirehoseCall,
  context: FirehoseContext,
) => object | undefined | Promise<object | undefined>
