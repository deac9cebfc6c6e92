/**
 * The inputs of all 12 operations as in the service's API model (2015-08-04). Of destinations and sources that are not here only is
 * read that they are given: they are refused whatever they say.
 */
import { list, openStructure, required, structure, type ValueOf } from '../../wire/shape.ts'
import { blob, boolean, integer, string } from '../../wire/shape-values.ts'
import {
  extendedS3Configuration,
  extendedS3Update,
  keyArn,
  roleArn,
  s3Configuration,
  s3Update,
} from './s3-shapes.ts'

export const RECORD_BYTES_MAX = 1_024_000
export const BATCH_RECORDS_MAX = 500
export const TAGS_MAX = 50

const deliveryStreamName = string({ min: 1, max: 64, pattern: '[a-zA-Z0-9_.-]+' })
const deliveryStreamType = string({
  enum: ['DirectPut', 'KinesisStreamAsSource', 'MSKAsSource', 'DatabaseAsSource'],
})
const named = { DeliveryStreamName: required(deliveryStreamName) }
const tagKey = string({ min: 1, max: 128, pattern: '^(?!aws:)[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@%]*$' })
const tag = structure({
  Key: required(tagKey),
  Value: string({ min: 0, max: 256, pattern: '^[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@%]*$' }),
})
const tags = list(tag, { min: 1, max: TAGS_MAX })
const pageSize = integer({ min: 1, max: 10_000 })
const destinationId = string({ min: 1, max: 100, pattern: '[a-zA-Z0-9-]+' })
const encryption = structure({
  KeyARN: keyArn,
  KeyType: required(string({ enum: ['AWS_OWNED_CMK', 'CUSTOMER_MANAGED_CMK'] })),
})
const record = structure({ Data: required(blob({ max: RECORD_BYTES_MAX })) })

export const foreignDestinations = [
  'RedshiftDestination',
  'ElasticsearchDestination',
  'AmazonopensearchserviceDestination',
  'SplunkDestination',
  'HttpEndpointDestination',
  'AmazonOpenSearchServerlessDestination',
  'SnowflakeDestination',
  'IcebergDestination',
] as const

export const inputShapes = {
  CreateDeliveryStream: structure({
    ...named,
    DeliveryStreamType: deliveryStreamType,
    DirectPutSourceConfiguration: structure({
      ThroughputHintInMBs: required(integer({ min: 1, max: 100 })),
    }),
    KinesisStreamSourceConfiguration: structure({
      KinesisStreamARN: required(
        string({
          min: 1,
          max: 512,
          pattern: 'arn:.*:kinesis:[a-zA-Z0-9\\-]+:\\d{12}:stream/[a-zA-Z0-9_.-]+',
        }),
      ),
      RoleARN: required(roleArn),
    }),
    DeliveryStreamEncryptionConfigurationInput: encryption,
    S3DestinationConfiguration: s3Configuration,
    ExtendedS3DestinationConfiguration: extendedS3Configuration,
    RedshiftDestinationConfiguration: openStructure(),
    ElasticsearchDestinationConfiguration: openStructure(),
    AmazonopensearchserviceDestinationConfiguration: openStructure(),
    SplunkDestinationConfiguration: openStructure(),
    HttpEndpointDestinationConfiguration: openStructure(),
    Tags: tags,
    AmazonOpenSearchServerlessDestinationConfiguration: openStructure(),
    MSKSourceConfiguration: openStructure(),
    SnowflakeDestinationConfiguration: openStructure(),
    IcebergDestinationConfiguration: openStructure(),
    DatabaseSourceConfiguration: openStructure(),
  }),
  DeleteDeliveryStream: structure({ ...named, AllowForceDelete: boolean() }),
  DescribeDeliveryStream: structure({
    ...named,
    Limit: pageSize,
    ExclusiveStartDestinationId: destinationId,
  }),
  ListDeliveryStreams: structure({
    Limit: pageSize,
    DeliveryStreamType: deliveryStreamType,
    ExclusiveStartDeliveryStreamName: deliveryStreamName,
  }),
  ListTagsForDeliveryStream: structure({
    ...named,
    ExclusiveStartTagKey: tagKey,
    Limit: integer({ min: 1, max: TAGS_MAX }),
  }),
  PutRecord: structure({ ...named, Record: required(record) }),
  PutRecordBatch: structure({
    ...named,
    Records: required(list(record, { min: 1, max: BATCH_RECORDS_MAX })),
  }),
  StartDeliveryStreamEncryption: structure({
    ...named,
    DeliveryStreamEncryptionConfigurationInput: encryption,
  }),
  StopDeliveryStreamEncryption: structure(named),
  TagDeliveryStream: structure({ ...named, Tags: required(tags) }),
  UntagDeliveryStream: structure({ ...named, TagKeys: required(list(tagKey, { min: 1, max: TAGS_MAX })) }),
  UpdateDestination: structure({
    ...named,
    CurrentDeliveryStreamVersionId: required(string({ min: 1, max: 50, pattern: '[0-9]+' })),
    DestinationId: required(destinationId),
    S3DestinationUpdate: s3Update,
    ExtendedS3DestinationUpdate: extendedS3Update,
    RedshiftDestinationUpdate: openStructure(),
    ElasticsearchDestinationUpdate: openStructure(),
    AmazonopensearchserviceDestinationUpdate: openStructure(),
    SplunkDestinationUpdate: openStructure(),
    HttpEndpointDestinationUpdate: openStructure(),
    AmazonOpenSearchServerlessDestinationUpdate: openStructure(),
    SnowflakeDestinationUpdate: openStructure(),
    IcebergDestinationUpdate: openStructure(),
  }),
} as const

export type OperationName = keyof typeof inputShapes
export type InputOf<N extends OperationName> = ValueOf<(typeof inputShapes)[N]>
export type EncryptionInput = ValueOf<typeof encryption>
export type Tag = ValueOf<typeof tag>
