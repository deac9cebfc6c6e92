/** Cases of puts: what is answered, and what is in the bucket afterwards. */
import { gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import type { Members } from '../../client.ts'
import { processing, processor } from './deliveries.ts'
import { account, base64, type DeliveryCase, region, roleArn } from './delivery-world.ts'

const tooLarge = base64('a'.repeat(1_024_001))
const million = base64('a'.repeat(1_000_000))

const record = (DeliveryStreamName: string, text: string): Members => ({
  DeliveryStreamName,
  Record: { Data: base64(text) },
})
const batch = (DeliveryStreamName: string, ...texts: string[]): Members => ({
  DeliveryStreamName,
  Records: texts.map((text) => ({ Data: base64(text) })),
})

async function ofStream(world: Parameters<DeliveryCase['input']>[0]): Promise<string> {
  const stream = await world.stream()
  return world.delivery(
    {},
    {
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: {
        KinesisStreamARN: `arn:aws:kinesis:${region}:${account}:stream/${stream}`,
        RoleARN: roleArn,
      },
    },
  )
}

export const putCases: readonly DeliveryCase[] = [
  {
    operation: 'PutRecord',
    name: 'delivers the record',
    input: async (world) => record(await world.delivery(), 'one record'),
    async check(output, world, { DeliveryStreamName }) {
      expect(output).toEqual({ RecordId: expect.any(String), Encrypted: false })
      const found = await world.delivered(`${DeliveryStreamName}/`, ['one record'])
      expect(found.map(({ bytes }) => String(bytes))).toEqual(['one record'])
    },
  },
  {
    operation: 'PutRecord',
    name: 'with a record that is too large',
    error: 'ValidationException',
    message: /less than or equal to 1024000/,
    input: async (world) => ({ DeliveryStreamName: await world.delivery(), Record: { Data: tooLarge } }),
  },
  {
    operation: 'PutRecord',
    name: 'to a delivery that is not there',
    error: 'ResourceNotFoundException',
    input: () => record('nobody-has-made-it', 'a'),
  },
  {
    operation: 'PutRecord',
    name: 'to a delivery that reads a stream',
    error: 'InvalidArgumentException',
    message: /^This operation is not permitted on KinesisStreamAsSource delivery stream type\.$/,
    input: async (world) => record(await ofStream(world), 'a'),
  },
  {
    operation: 'PutRecord',
    name: 'of logs that are not compressed',
    error: 'InvalidSourceException',
    async input(world) {
      const gzip = processor('Decompression', { CompressionFormat: 'GZIP' })
      return record(await world.delivery(processing(gzip)), 'plain text')
    },
  },
  {
    operation: 'PutRecord',
    name: 'with what is no base64',
    error: 'SerializationException',
    isPlain: true,
    input: async (world) => ({ DeliveryStreamName: await world.delivery(), Record: { Data: '*' } }),
  },
  {
    operation: 'PutRecordBatch',
    name: 'delivers the records in order, with a delimiter after each',
    async input(world) {
      const delimiter = processor('AppendDelimiterToRecord', { Delimiter: '\\n' })
      return batch(await world.delivery(processing(delimiter)), 'a', 'b', 'c')
    },
    async check(output, world, { DeliveryStreamName }) {
      expect(output).toEqual({
        FailedPutCount: 0,
        Encrypted: false,
        RequestResponses: Array.from({ length: 3 }, () => ({ RecordId: expect.any(String) })),
      })
      const found = await world.delivered(`${DeliveryStreamName}/`, ['a\nb\nc\n'])
      expect(found.map(({ bytes }) => String(bytes))).toEqual(['a\nb\nc\n'])
    },
  },
  {
    operation: 'PutRecordBatch',
    name: 'delivers compressed objects under a prefix of their time',
    async input(world) {
      const name = world.name()
      await world.admin('CreateDeliveryStream', {
        DeliveryStreamName: name,
        ExtendedS3DestinationConfiguration: world.destination(name, {
          Prefix: `${name}/!{timestamp:'year='yyyy}/`,
          ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
          CompressionFormat: 'GZIP',
        }),
      })
      await world.active(name)
      return batch(name, 'compressed')
    },
    async check(_output, world, { DeliveryStreamName }) {
      const [object] = await world.delivered(`${DeliveryStreamName}/`, ['compressed'], (bytes) =>
        String(gunzipSync(bytes)),
      )
      expect(object?.key).toMatch(
        new RegExp(`^${DeliveryStreamName}/year=\\d{4}/${DeliveryStreamName}-1-.*\\.gz$`),
      )
    },
  },
  {
    operation: 'PutRecordBatch',
    name: 'spreads records over partitions, and keeps those without a key as errors',
    async input(world) {
      const name = world.name()
      await world.admin('CreateDeliveryStream', {
        DeliveryStreamName: name,
        ExtendedS3DestinationConfiguration: world.destination(name, {
          Prefix: `${name}/of=!{partitionKeyFromQuery:of}/`,
          ErrorOutputPrefix: `${name}-errors/!{firehose:error-output-type}/`,
          BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
          DynamicPartitioningConfiguration: { Enabled: true },
          ...processing(
            processor('RecordDeAggregation', { SubRecordType: 'JSON' }),
            processor('MetadataExtraction', {
              MetadataExtractionQuery: '{of: .of}',
              JsonParsingEngine: 'JQ-1.6',
            }),
            processor('AppendDelimiterToRecord', { Delimiter: '\\n' }),
          ),
        }),
      })
      await world.active(name)
      return batch(name, '{"of":"a","n":1}{"of":"b","n":2}', '{"of":"a","n":3}', '{"n":4}')
    },
    async check(_output, world, { DeliveryStreamName }) {
      await world.delivered(`${DeliveryStreamName}/of=a/`, ['{"of":"a","n":1}\n{"of":"a","n":3}\n'])
      await world.delivered(`${DeliveryStreamName}/of=b/`, ['{"of":"b","n":2}\n'])
      const failed = Buffer.from('{"n":4}').toString('base64')
      const [object] = await world.delivered(`${DeliveryStreamName}-errors/dynamic-partitioning-failed/`, [
        failed,
      ])
      expect(JSON.parse(String(object?.bytes).trim())).toMatchObject({
        errorCode: 'DynamicPartitioning.MetadataExtractionFailed',
        rawData: failed,
      })
    },
  },
  {
    operation: 'PutRecordBatch',
    name: 'takes 500 records',
    input: async (world) => batch(await world.delivery(), ...Array.from({ length: 500 }, (_, i) => `<${i}>`)),
    async check({ RequestResponses }, world, { DeliveryStreamName }) {
      expect(RequestResponses).toHaveLength(500)
      await world.delivered(`${DeliveryStreamName}/`, ['<0>', '<499>'])
    },
  },
  {
    operation: 'PutRecordBatch',
    name: 'with 501 records',
    error: 'ValidationException',
    message: /'records' failed to satisfy constraint: Member must have length less than or equal to 500/,
    input: async (world) => batch(await world.delivery(), ...Array.from({ length: 501 }, () => 'a')),
  },
  {
    operation: 'PutRecordBatch',
    name: 'with more than 4 MiB',
    error: 'InvalidArgumentException',
    message: /^Records size exceeds 4 MB limit$/,
    input: async (world) => ({
      DeliveryStreamName: await world.delivery(),
      Records: Array.from({ length: 5 }, () => ({ Data: million })),
    }),
  },
  {
    operation: 'PutRecordBatch',
    name: 'to a delivery that is not there',
    error: 'ResourceNotFoundException',
    input: () => batch('nobody-has-made-it', 'a'),
  },
  {
    operation: 'PutRecordBatch',
    name: 'to a delivery that reads a stream',
    error: 'InvalidArgumentException',
    input: async (world) => batch(await ofStream(world), 'a'),
  },
]
