import { WireError } from '../../wire/wire-error.ts'
import { DESTINATION_ID } from '../destination/describe-destination.ts'
import { settingsOf } from '../destination/destination-settings.ts'
import { mergeUpdate } from '../destination/merge-update.ts'
import { invalidArgument } from '../faults.ts'
import type { FirehoseOperation } from '../firehose-operation.ts'
import { foreignDestinations, type InputOf } from '../shapes/input-shapes.ts'
import type { ExtendedS3Update } from '../shapes/s3-shapes.ts'

export const updateDestination: FirehoseOperation<'UpdateDestination'> = (input, { caller }, { streams }) => {
  const found = streams.changeable(input.DeliveryStreamName, caller, 'UpdateDestination')
  streams.mustBeOfClients(found, 'updated')
  const { name, record, notes } = found
  const { CurrentDeliveryStreamVersionId: version, DestinationId } = input
  if (DestinationId !== DESTINATION_ID) {
    throw invalidArgument(
      `Destination Id ${DestinationId} not found. The destination of ${name} is ${DESTINATION_ID}.`,
    )
  }
  const update = updateOf(input)
  if (Number(version) !== record.version) {
    throw new WireError(
      'ConcurrentModificationException',
      `Cannot update firehose: ${name} since the current version id: ${record.version} and specified version id: ${version} do not match`,
    )
  }
  if (notes.destination === undefined)
    throw new Error(`gateway invariant: delivery "${name}" has no destination`)
  const destination = mergeUpdate(notes.destination, update)
  streams.update(found, settingsOf(destination, record.settings.source), { ...notes, destination })
  return {}
}

function updateOf(input: InputOf<'UpdateDestination'>): ExtendedS3Update {
  const foreign = foreignDestinations.find((name) => input[`${name}Update`] !== undefined)
  if (foreign !== undefined) {
    throw invalidArgument(
      `${foreign}Update is not here. Allowed: ExtendedS3DestinationUpdate or S3DestinationUpdate.`,
    )
  }
  const { ExtendedS3DestinationUpdate: extended, S3DestinationUpdate: s3 } = input
  const update = extended ?? s3
  if (update === undefined || (extended !== undefined && s3 !== undefined)) {
    throw invalidArgument('Give one update: ExtendedS3DestinationUpdate or S3DestinationUpdate.')
  }
  return update
}
