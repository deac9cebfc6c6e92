/** UpdateStreamMode, UpdateMaxRecordSize, Start- and StopStreamEncryption. */
import { invalidArgument, limitExceeded, mustBeActive } from '../streams/faults.ts'
import { openShards } from '../streams/reshard-plan.ts'
import type { ControlOperation } from './control-plane.ts'
import { mustHaveOnDemand, mustHaveShards } from './create-stream.ts'
import { withinDay } from './resharding.ts'
import { checkWarmThroughput, setWarmThroughput } from './warm-throughput.ts'

export const updateStreamMode: ControlOperation<'UpdateStreamMode'> = (input, { caller }, plane) => {
  const { streams, clock, limits } = plane
  const stream = streams.resolve(input, caller, 'kinesis:UpdateStreamMode')
  mustBeActive(stream)
  const mode = input.StreamModeDetails.StreamMode
  const warm = input.WarmThroughputMiBps
  if (warm !== undefined) checkWarmThroughput(warm, mode, plane)
  if (mode === stream.settings.mode) return undefined
  const now = clock.now()
  const switches = withinDay(streams.storedOf(stream).modeSwitches, now)
  if (switches.length >= limits.modeSwitchesPerDay) {
    throw limitExceeded(
      `Stream ${stream.name} under account ${stream.account} changed its mode ${switches.length} times in the last 24 hours. ` +
        `Limit: ${limits.modeSwitchesPerDay}.`,
    )
  }
  if (mode === 'ON_DEMAND') mustHaveOnDemand(stream.account, plane)
  else mustHaveShards(openShards(stream.info.shardInfos).length, stream.account, plane)
  const settings = { ...stream.settings, mode, warmThroughputMiBps: undefined }
  streams.update(stream, { settings, modeSwitches: [...switches, now] }, { isUpdate: true })
  if (warm !== undefined) setWarmThroughput(stream, settings, warm, plane)
  return undefined
}

export const updateMaxRecordSize: ControlOperation<'UpdateMaxRecordSize'> = (
  input,
  { caller },
  { streams },
) => {
  const stream = streams.resolve(input, caller, 'kinesis:UpdateMaxRecordSize')
  mustBeActive(stream)
  const settings = { ...stream.settings, maxRecordKiB: input.MaxRecordSizeInKiB }
  streams.update(stream, { settings }, { isUpdate: true })
  return undefined
}

export const startStreamEncryption: ControlOperation<'StartStreamEncryption'> = (
  input,
  { caller },
  { streams, clock, limits },
) => {
  const stream = streams.resolve(input, caller, 'kinesis:StartStreamEncryption')
  mustBeActive(stream)
  mustBeKms(input.EncryptionType)
  const now = clock.now()
  const starts = withinDay(streams.storedOf(stream).encryptionStarts, now)
  if (starts.length >= limits.encryptionStartsPerDay) {
    throw limitExceeded(
      `Stream ${stream.name} under account ${stream.account} was given ${starts.length} keys in the last 24 hours. ` +
        `Limit: ${limits.encryptionStartsPerDay}.`,
    )
  }
  const settings = { ...stream.settings, encryptionKeyId: input.KeyId }
  streams.update(stream, { settings, encryptionStarts: [...starts, now] }, { isUpdate: true })
  return undefined
}

export const stopStreamEncryption: ControlOperation<'StopStreamEncryption'> = (
  input,
  { caller },
  { streams },
) => {
  const stream = streams.resolve(input, caller, 'kinesis:StopStreamEncryption')
  mustBeActive(stream)
  mustBeKms(input.EncryptionType)
  if (stream.settings.encryptionKeyId === undefined) return undefined
  const settings = { ...stream.settings, encryptionKeyId: undefined }
  streams.update(stream, { settings }, { isUpdate: true })
  return undefined
}

function mustBeKms(type: string): void {
  if (type !== 'KMS') throw invalidArgument(`EncryptionType is ${type}; the only valid value is KMS.`)
}
