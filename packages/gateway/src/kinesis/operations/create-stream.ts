import { shardsMax } from '@millrace/values'
import { defaultSettings, type KinesisStream, type StreamSettings } from '../kinesis-context.ts'
import { inUse, limitExceeded, validation } from '../streams/faults.ts'
import type { ControlOperation, ControlPlane } from './control-plane.ts'
import { checkTags } from './tags.ts'
import { checkWarmThroughput, warmShards } from './warm-throughput.ts'

const CREATING_MAX = 5
export const ON_DEMAND_SHARDS = 4

export const createStream: ControlOperation<'CreateStream'> = (input, { caller }, plane) => {
  const { StreamName: name, ShardCount, Tags: tags, WarmThroughputMiBps: warm } = input
  const { streams } = plane
  const arn = streams.arn(name, caller)
  caller.authorize('kinesis:CreateStream', arn)
  if (tags !== undefined) caller.authorize('kinesis:AddTagsToStream', arn)
  const mode = input.StreamModeDetails?.StreamMode ?? (ShardCount === undefined ? 'ON_DEMAND' : 'PROVISIONED')
  if (mode === 'ON_DEMAND' && ShardCount !== undefined) {
    throw validation('ShardCount may not be given for a stream in ON_DEMAND mode.')
  }
  if (mode === 'PROVISIONED' && ShardCount === undefined) {
    throw validation('ShardCount has to be given for a stream in PROVISIONED mode.')
  }
  if (streams.settings(name) !== undefined && exists(streams.list(caller.account), name)) {
    throw inUse(`Stream ${name} under account ${caller.account} already exists.`)
  }
  if (tags !== undefined) checkTags({ present: {}, added: tags, kind: 'stream', name, caller })
  if (warm !== undefined) checkWarmThroughput(warm, mode, plane)
  const shards = ShardCount ?? Math.max(ON_DEMAND_SHARDS, warmShards(warm))
  const creating = streams.list(caller.account).filter(({ status }) => status === 'CREATING').length
  if (creating >= CREATING_MAX) {
    throw limitExceeded(
      `Account ${caller.account} has ${creating} streams in CREATING; wait until one is ACTIVE.`,
    )
  }
  if (mode === 'PROVISIONED') mustHaveShards(shards, caller.account, plane)
  else mustHaveOnDemand(caller.account, plane)
  const settings: StreamSettings = {
    ...defaultSettings,
    mode,
    maxRecordKiB: input.MaxRecordSizeInKiB ?? defaultSettings.maxRecordKiB,
    tags: tags ?? {},
    warmThroughputMiBps: warm,
  }
  streams.create(name, { shards, settings })
  return undefined
}

/** Listing removes streams whose deletion is due, so their names are free. */
function exists(streams: readonly KinesisStream[], name: string): boolean {
  return streams.some((stream) => stream.name === name)
}

/** Whether so many provisioned shards more are allowed. Error: LimitExceededException. */
export function mustHaveShards(
  more: number,
  account: string,
  { streams, limits, region }: ControlPlane,
): void {
  const limit = limits.shardsMax
  if (more > shardsMax) throw limitExceeded(`A stream has at most ${shardsMax} shards, not ${more}.`)
  if (limit === Number.POSITIVE_INFINITY) return
  const current = streams.provisionedShardCount()
  if (current + more <= limit) return
  throw limitExceeded(
    `This request would exceed the shard limit for the account ${account} in ${region}. ` +
      `Current shard count for the account: ${current}. Limit: ${limit}. ` +
      `Number of additional shards that would have resulted from this request: ${more}. ` +
      'Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) ' +
      'for current limits and how to request higher limits.',
  )
}

/** Whether one more stream may be on-demand. Error: LimitExceededException. */
export function mustHaveOnDemand(account: string, { streams, limits }: ControlPlane): void {
  const count = streams.list(account).filter(({ settings }) => settings.mode === 'ON_DEMAND').length
  if (count < limits.onDemandStreamsMax) return
  throw limitExceeded(
    `Account ${account} has ${count} streams in ON_DEMAND mode. Limit: ${limits.onDemandStreamsMax}.`,
  )
}
