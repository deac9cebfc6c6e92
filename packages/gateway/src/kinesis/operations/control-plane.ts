/** What the operations of the control plane work with. They are synchronous: each one is done when it has answered. */
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { InputOf, OperationName } from '../input-shapes.ts'
import type { KinesisLimits } from '../kinesis-limits.ts'
import type { OperationCall } from '../operation.ts'
import type { KinesisStreams } from '../streams/kinesis-streams.ts'

export interface ControlPlane {
  readonly store: Store
  readonly clock: Clock
  readonly limits: KinesisLimits
  readonly region: string
  readonly streams: KinesisStreams
}

/** What an operation does with checked input; the reply's members, undefined for an empty body. */
export type ControlOperation<N extends OperationName> = (
  input: InputOf<N>,
  call: OperationCall,
  plane: ControlPlane,
) => object | undefined
