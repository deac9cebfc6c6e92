/** A stream or a consumer by its ARN. */

import { parseConsumerArn, parseStreamArn } from '@millrace/values'
import type { Caller } from '../../wire/wire-service.ts'
import type { KinesisStream } from '../kinesis-context.ts'
import { invalidArgument } from '../streams/faults.ts'
import type { FoundConsumer } from '../streams/stream-consumers.ts'
import type { ControlPlane } from './control-plane.ts'

export type Resource =
  | { readonly kind: 'stream'; readonly stream: KinesisStream }
  | { readonly kind: 'consumer'; readonly consumer: FoundConsumer }

/** Errors: InvalidArgumentException, AccessDeniedException, ResourceNotFoundException. */
export function resolveResource(
  arn: string,
  caller: Caller,
  action: string,
  { streams }: ControlPlane,
): Resource {
  if (parseStreamArn(arn) !== undefined) {
    const stream = streams.resolve({ StreamARN: arn }, caller, action)
    return { kind: 'stream', stream }
  }
  if (parseConsumerArn(arn) === undefined) {
    throw invalidArgument(`ResourceARN ${arn} is neither the ARN of a stream nor of a consumer.`)
  }
  const consumer = streams.consumers.resolve(arn, caller, action)
  return { kind: 'consumer', consumer }
}
