/** CreateDeliveryStream: one source, one destination; everything is checked before anything is made. */
import type { DeliverySource } from '@millrace/lake'
import { parseStreamArn } from '@millrace/values'
import { settingsOf } from '../destination/destination-settings.ts'
import { inUse, invalidArgument, limitExceeded } from '../faults.ts'
import type { FirehoseCall, FirehoseContext, FirehoseOperation } from '../firehose-operation.ts'
import { foreignDestinations, type InputOf } from '../shapes/input-shapes.ts'
import type { ExtendedS3Configuration } from '../shapes/s3-shapes.ts'
import { checkKey } from './encryption.ts'
import { mergeTags } from './tags.ts'

type Input = InputOf<'CreateDeliveryStream'>

export const createDeliveryStream: FirehoseOperation<'CreateDeliveryStream'> = (input, call, context) => {
  const { DeliveryStreamName: name, Tags: tags } = input
  const { streams, clock, limits } = context
  const { account } = call.caller
  const arn = streams.arn(name, call.caller)
  call.caller.authorize('firehose:CreateDeliveryStream', arn)
  if (tags !== undefined) call.caller.authorize('firehose:TagDeliveryStream', arn)
  if (streams.exists(name)) throw inUse(`Firehose ${name} under accountId ${account} already exists`)
  const encryption = input.DeliveryStreamEncryptionConfigurationInput
  const source = sourceOf(input, call, context)
  if (encryption !== undefined) {
    if (source.kind !== 'direct') {
      throw invalidArgument(
        'DeliveryStreamEncryptionConfigurationInput goes with DirectPut: encrypt the source stream instead.',
      )
    }
    checkKey(encryption)
  }
  const destination = destinationOf(input)
  const settings = settingsOf(destination, source)
  const tagged = mergeTags([], tags ?? [])
  const count = streams.list(account).length
  if (count >= limits.deliveryStreamsMax) {
    throw limitExceeded(
      `Account ${account} has ${count} Firehose streams, as many as it may have. Delete some first.`,
    )
  }
  const { KinesisStreamSourceConfiguration: kinesis, DirectPutSourceConfiguration: direct } = input
  streams.create(name, settings, {
    destination,
    ...(kinesis === undefined ? {} : { kinesisSource: kinesis }),
    ...(direct === undefined ? {} : { directPut: direct }),
    ...(tagged.length === 0 ? {} : { tags: tagged }),
    ...(encryption === undefined
      ? {}
      : { encryption: { key: encryption, until: clock.now() + limits.statusMs } }),
  })
  return { DeliveryStreamARN: arn }
}

function sourceOf(
  input: Input,
  { caller }: FirehoseCall,
  { store, region }: FirehoseContext,
): DeliverySource {
  const { DeliveryStreamType: type = 'DirectPut', KinesisStreamSourceConfiguration: kinesis } = input
  if (
    type === 'MSKAsSource' ||
    type === 'DatabaseAsSource' ||
    input.MSKSourceConfiguration !== undefined ||
    input.DatabaseSourceConfiguration !== undefined
  ) {
    throw invalidArgument(
      'Sources that are here: DirectPut and KinesisStreamAsSource. Read a database or a topic into a stream and name that.',
    )
  }
  if (type === 'DirectPut') {
    if (kinesis === undefined) return { kind: 'direct' }
    throw invalidArgument(
      'KinesisStreamSourceConfiguration goes with DeliveryStreamType KinesisStreamAsSource.',
    )
  }
  if (kinesis === undefined) {
    throw invalidArgument('DeliveryStreamType KinesisStreamAsSource needs KinesisStreamSourceConfiguration.')
  }
  if (input.DirectPutSourceConfiguration !== undefined) {
    throw invalidArgument('DirectPutSourceConfiguration goes with DeliveryStreamType DirectPut.')
  }
  const arn = parseStreamArn(kinesis.KinesisStreamARN)
  if (
    arn === undefined ||
    arn.region !== region ||
    arn.account !== caller.account ||
    store.stream(arn.stream) === undefined
  ) {
    throw invalidArgument(
      `KinesisStreamARN ${kinesis.KinesisStreamARN} names no stream of account ${caller.account} in ${region}. Create the stream first.`,
    )
  }
  return { kind: 'stream', stream: arn.stream, startingPosition: 'LATEST' }
}

function destinationOf(input: Input): ExtendedS3Configuration {
  const foreign = foreignDestinations.filter((name) => input[`${name}Configuration`] !== undefined)
  if (foreign.length > 0) {
    throw invalidArgument(
      `${foreign[0]}Configuration is not here. Allowed: ExtendedS3DestinationConfiguration or S3DestinationConfiguration; an app declares deliveries to tables.`,
    )
  }
  const { ExtendedS3DestinationConfiguration: extended, S3DestinationConfiguration: s3 } = input
  if (extended !== undefined && s3 !== undefined) {
    throw invalidArgument(
      'Give one destination: ExtendedS3DestinationConfiguration or S3DestinationConfiguration.',
    )
  }
  const destination = extended ?? s3
  if (destination === undefined) {
    throw invalidArgument('A destination is needed: ExtendedS3DestinationConfiguration.')
  }
  return destination
}
