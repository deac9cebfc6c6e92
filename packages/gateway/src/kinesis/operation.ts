/** One operation of the API: the shape of its input, and what it does. One file each, or one for a family. */
import type { Caller, WireReply } from '../wire/wire-service.ts'
import type { KinesisContext } from './kinesis-context.ts'

export interface OperationCall {
  readonly caller: Caller
  readonly requestId: string
  readonly signal: AbortSignal
}

export interface Operation<Input> {
  readonly name: string
  /** Types and constraints were checked against the input's shape before. */
  run(
    input: Input,
    call: OperationCall,
    context: KinesisContext,
  ): object | undefined | Promise<object | undefined>
}

/** Operations that answer with an event stream. */
export interface EventOperation<Input> {
  readonly name: string
  open(input: Input, call: OperationCall, context: KinesisContext): WireReply | Promise<WireReply>
}
