/**
 * Warm throughput: the MiB/s that an on-demand stream is ready for before the load comes. A shard takes 1 MiB/s, so the
 * stream is given as many shards at once, and autoscaling goes no lower.
 */
import { shardsMax } from '@millrace/values'
import type { KinesisStream } from '../kinesis-context.ts'
import { invalidArgument, mustBeActive, validation } from '../streams/faults.ts'
import { openShards } from '../streams/reshard-plan.ts'
import { isCommitted } from './account-settings.ts'
import type { ControlOperation, ControlPlane } from './control-plane.ts'

const MIBPS_MAX = 10_240

export const updateStreamWarmThroughput: ControlOperation<'UpdateStreamWarmThroughput'> = (
  input,
  { caller },
  plane,
) => {
  const { streams } = plane
  const stream = streams.resolve(input, caller, 'kinesis:UpdateStreamWarmThroughput')
  mustBeActive(stream)
  const warm = input.WarmThroughputMiBps
  checkWarmThroughput(warm, stream.settings.mode, plane)
  setWarmThroughput(stream, stream.settings, warm, plane)
  const after = streams.resolve({ StreamName: stream.name }, caller, 'kinesis:UpdateStreamWarmThroughput')
  return { StreamARN: stream.arn, StreamName: stream.name, WarmThroughput: warmThroughput(after) }
}

/** Stores the settings with the warm throughput, and widens the stream to it. */
export function setWarmThroughput(
  stream: KinesisStream,
  settings: KinesisStream['settings'],
  warm: number,
  { streams }: ControlPlane,
): void {
  const stored = { settings: { ...settings, warmThroughputMiBps: warm } }
  const shards = warmShards(warm)
  if (shards > openShards(stream.info.shardInfos).length) streams.resize(stream, shards, stored)
  else streams.update(stream, stored, { isUpdate: true })
}

/** Errors: ValidationException, InvalidArgumentException. */
export function checkWarmThroughput(
  warm: number,
  mode: KinesisStream['settings']['mode'],
  plane: ControlPlane,
): void {
  if (mode !== 'ON_DEMAND') {
    throw validation('WarmThroughputMiBps may only be given for a stream in ON_DEMAND mode.')
  }
  if (!isCommitted(plane)) {
    throw validation(
      'WarmThroughputMiBps may only be given for accounts with MinimumThroughputBillingCommitment ENABLED (UpdateAccountSettings).',
    )
  }
  if (warm > MIBPS_MAX) {
    throw invalidArgument(`WarmThroughputMiBps is ${warm}; allowed are values up to ${MIBPS_MAX}.`)
  }
}

/** Shards that a stream of this warm throughput has at least; a store's stream has only so many. */
export function warmShards(warm: number | undefined): number {
  return Math.min(warm ?? 0, shardsMax / 4)
}

/** As described; undefined for streams without the setting. */
export function warmThroughput({ settings, info }: KinesisStream): object | undefined {
  const { warmThroughputMiBps: warm, mode } = settings
  if (warm === undefined || mode !== 'ON_DEMAND') return undefined
  return { TargetMiBps: warm, CurrentMiBps: Math.min(warm, openShards(info.shardInfos).length) }
}
