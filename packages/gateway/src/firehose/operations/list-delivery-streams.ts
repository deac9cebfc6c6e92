import type { FirehoseOperation } from '../firehose-operation.ts'
import { typeOf } from './describe-delivery-stream.ts'

const PAGE_DEFAULT = 10

export const listDeliveryStreams: FirehoseOperation<'ListDeliveryStreams'> = (
  input,
  { caller },
  { streams },
) => {
  caller.authorize('firehose:ListDeliveryStreams', '*')
  const { DeliveryStreamType: type, ExclusiveStartDeliveryStreamName: after, Limit = PAGE_DEFAULT } = input
  const names = streams
    .list(caller.account)
    .filter((found) => type === undefined || typeOf(found) === type)
    .map(({ name }) => name)
    .filter((name) => after === undefined || name > after)
  return {
    DeliveryStreamNames: names.slice(0, Limit),
    HasMoreDeliveryStreams: names.length > Limit,
  }
}
