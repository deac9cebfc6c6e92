import { inUse } from '../faults.ts'
import type { FirehoseOperation } from '../firehose-operation.ts'

/** AllowForceDelete is about keys that cannot be released, and so has no effect here. */
export const deleteDeliveryStream: FirehoseOperation<'DeleteDeliveryStream'> = (
  input,
  { caller },
  { streams },
) => {
  const { DeliveryStreamName: name } = input
  const found = streams.find(name, caller, 'DeleteDeliveryStream')
  streams.mustBeOfClients(found, 'deleted')
  if (found.status === 'CREATING') {
    throw inUse(
      `Firehose ${name} under account ${caller.account} is being created; it can be deleted when it is ACTIVE.`,
    )
  }
  if (found.status === 'ACTIVE') streams.remove(found)
  return {}
}
