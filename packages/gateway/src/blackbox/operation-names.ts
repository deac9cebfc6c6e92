/**
 * The operations of the API as AWS's own library for JavaScript knows them. It is younger than the API that the server
 * speaks: the operations of channels and of record distribution are refused as unknown.
 */
import * as sdk from '@aws-sdk/client-kinesis'

export const youngerOperations: readonly string[] = [
  'CreateChannel',
  'DeleteChannel',
  'DescribeChannel',
  'ListChannels',
  'UpdateChannel',
  'UpdateStreamRecordDistributionStrategy',
]

export const operationNames: readonly string[] = Object.keys(sdk)
  .filter((name) => /[a-z]Command$/.test(name))
  .map((name) => name.slice(0, -'Command'.length))
  .filter((name) => !youngerOperations.includes(name))
  .sort()
