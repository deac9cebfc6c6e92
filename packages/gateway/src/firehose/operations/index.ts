/** The table of the control plane's operations. */
import type { FirehoseOperation } from '../firehose-operation.ts'
import type { OperationName } from '../shapes/input-shapes.ts'
import { createDeliveryStream } from './create-delivery-stream.ts'
import { deleteDeliveryStream } from './delete-delivery-stream.ts'
import { describeDeliveryStream } from './describe-delivery-stream.ts'
import { startDeliveryStreamEncryption, stopDeliveryStreamEncryption } from './encryption.ts'
import { listDeliveryStreams } from './list-delivery-streams.ts'
import { listTagsForDeliveryStream, tagDeliveryStream, untagDeliveryStream } from './tags.ts'
import { updateDestination } from './update-destination.ts'

export const controlOperations = {
  CreateDeliveryStream: createDeliveryStream,
  DeleteDeliveryStream: deleteDeliveryStream,
  DescribeDeliveryStream: describeDeliveryStream,
  ListDeliveryStreams: listDeliveryStreams,
  ListTagsForDeliveryStream: listTagsForDeliveryStream,
  StartDeliveryStreamEncryption: startDeliveryStreamEncryption,
  StopDeliveryStreamEncryption: stopDeliveryStreamEncryption,
  TagDeliveryStream: tagDeliveryStream,
  UntagDeliveryStream: untagDeliveryStream,
  UpdateDestination: updateDestination,
} satisfies { readonly [N in OperationName]?: FirehoseOperation<N> }

export type ControlOperationName = keyof typeof controlOperations
