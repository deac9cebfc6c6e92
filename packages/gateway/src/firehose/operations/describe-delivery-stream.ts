/** DescribeDeliveryStream, in the same form for deliveries of clients and of apps. */
import { streamArn } from '@millrace/values'
import { DESTINATION_ID, describeS3, describeSettings } from '../destination/describe-destination.ts'
import type { FirehoseOperation } from '../firehose-operation.ts'
import type { FoundDelivery } from '../found-delivery.ts'
import { encryptionStatus } from './encryption.ts'

/** Of FailureDescription; whatever else fails is of the last kind. */
const failureTypes: ReadonlySet<string> = new Set(['KMS_ACCESS_DENIED', 'KMS_KEY_NOT_FOUND', 'UNKNOWN_ERROR'])

export const describeDeliveryStream: FirehoseOperation<'DescribeDeliveryStream'> = (
  input,
  { caller },
  { streams, region, clock },
) => {
  const found = streams.find(input.DeliveryStreamName, caller, 'DescribeDeliveryStream')
  const { name, arn, account, status, record, notes } = found
  const after = input.ExclusiveStartDestinationId
  const failure = streams.failure(name)
  const destination =
    notes.destination === undefined
      ? describeSettings(record.settings, { region, account })
      : describeS3(notes.destination, record.settings)
  return {
    DeliveryStreamDescription: {
      DeliveryStreamName: name,
      DeliveryStreamARN: arn,
      DeliveryStreamStatus: status,
      FailureDescription:
        failure === undefined
          ? undefined
          : {
              Type: failureTypes.has(failure.type) ? failure.type : 'UNKNOWN_ERROR',
              Details: detailsOf(failure).slice(0, 1024),
            },
      DeliveryStreamEncryptionConfiguration: {
        KeyARN: notes.encryption?.key?.KeyARN,
        KeyType: notes.encryption?.key?.KeyType,
        Status: encryptionStatus(notes, clock.now()),
      },
      DeliveryStreamType: typeOf(found),
      VersionId: String(record.version),
      CreateTimestamp: new Date(record.createdAt),
      LastUpdateTimestamp: record.version === 1 ? undefined : new Date(record.updatedAt),
      Source: sourceOf(found, region),
      Destinations: after === undefined || after < DESTINATION_ID ? [destination] : [],
      HasMoreDestinations: false,
    },
  }
}

/** Messages of coded errors begin with their code. */
function detailsOf({ type, details }: { readonly type: string; readonly details: string }): string {
  return details.startsWith(type) ? details : `${type}: ${details}`
}

export function typeOf({ record }: FoundDelivery): 'DirectPut' | 'KinesisStreamAsSource' {
  return record.settings.source.kind === 'direct' ? 'DirectPut' : 'KinesisStreamAsSource'
}

function sourceOf({ record, notes, account }: FoundDelivery, region: string): object | undefined {
  const { source } = record.settings
  if (source.kind === 'direct') {
    return notes.directPut === undefined ? undefined : { DirectPutSourceDescription: notes.directPut }
  }
  return {
    KinesisStreamSourceDescription: {
      KinesisStreamARN:
        notes.kinesisSource?.KinesisStreamARN ?? streamArn({ region, account }, source.stream),
      RoleARN: notes.kinesisSource?.RoleARN ?? `arn:aws:iam::${account}:role/millrace`,
      DeliveryStartTimestamp: new Date(record.createdAt),
    },
  }
}
