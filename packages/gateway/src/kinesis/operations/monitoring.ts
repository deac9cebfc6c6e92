/** Enable- and DisableEnhancedMonitoring: which metrics are kept for each shard. */
import type { Caller } from '../../wire/wire-service.ts'
import type { InputOf } from '../input-shapes.ts'
import { mustBeReady } from '../streams/faults.ts'
import type { ControlOperation, ControlPlane } from './control-plane.ts'

const allMetrics = [
  'IncomingBytes',
  'IncomingRecords',
  'OutgoingBytes',
  'OutgoingRecords',
  'WriteProvisionedThroughputExceeded',
  'ReadProvisionedThroughputExceeded',
  'IteratorAgeMilliseconds',
] as const

export const enableEnhancedMonitoring: ControlOperation<'EnableEnhancedMonitoring'> = (
  input,
  { caller },
  plane,
) => change(input, caller, plane, { isOn: true })

export const disableEnhancedMonitoring: ControlOperation<'DisableEnhancedMonitoring'> = (
  input,
  { caller },
  plane,
) => change(input, caller, plane, { isOn: false })

function change(
  input: InputOf<'EnableEnhancedMonitoring'>,
  caller: Caller,
  { streams }: ControlPlane,
  { isOn }: { isOn: boolean },
): object {
  const action = `kinesis:${isOn ? 'Enable' : 'Disable'}EnhancedMonitoring`
  const stream = streams.resolve(input, caller, action)
  mustBeReady(stream)
  const current = stream.settings.shardLevelMetrics
  const named = new Set<string>(
    input.ShardLevelMetrics.includes('ALL') ? allMetrics : input.ShardLevelMetrics,
  )
  const desired = allMetrics.filter((name) => (named.has(name) ? isOn : current.includes(name)))
  if (desired.length !== current.length) {
    streams.update(
      stream,
      { settings: { ...stream.settings, shardLevelMetrics: desired } },
      { isUpdate: false },
    )
  }
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    CurrentShardLevelMetrics: current,
    DesiredShardLevelMetrics: desired,
  }
}
