import { inUse } from '../streams/faults.ts'
import type { ControlOperation } from './control-plane.ts'

export const deleteStream: ControlOperation<'DeleteStream'> = (input, { caller }, { streams }) => {
  const stream = streams.resolve(input, caller, 'kinesis:DeleteStream')
  const consumers = streams.consumers.of(stream)
  if (consumers.length > 0 && input.EnforceConsumerDeletion !== true) {
    throw inUse(
      `Stream ${stream.name} under account ${stream.account} has ${consumers.length} registered consumers: ` +
        `${consumers.map(({ name }) => name).join(', ')}. Deregister them, or set EnforceConsumerDeletion.`,
    )
  }
  streams.remove(stream)
  return undefined
}
