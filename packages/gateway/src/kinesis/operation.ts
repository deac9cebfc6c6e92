/** One operation of the API: the shape of its input, and what it does. One file each, or one for a family. */
import type { Caller, WireCall, WireEncoding, WireReply } from '../wire/wire-service.ts'
import type { KinesisContext } from './kinesis-context.ts'

export interface OperationCall {
  readonly caller: Caller
  /** For operations that encode their reply themselves. */
  readonly encoding: WireEncoding
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

/** Operations that make the reply themselves: an event stream, or bytes in the call's encoding. */
export interface ReplyOperation<Input> {
  readonly name: string
  open(input: Input, call: OperationCall, context: KinesisContext): WireReply | Promise<WireReply>
}

/**
 * A short cut past the general way, tried first: it reads the body's bytes, authenticates and answers exactly as the
 * general way would. Undefined means that the body is not of the kind it knows; then nothing was done (nor
 * authenticated), and the general way takes the call.
 */
export interface FastOperation {
  readonly name: string
  handle(call: WireCall, context: KinesisContext): WireReply | Promise<WireReply> | undefined
}
