/** Increase- and DecreaseStreamRetentionPeriod. */
import type { KinesisStream } from '../kinesis-context.ts'
import { invalidArgument, mustBeActive } from '../streams/faults.ts'
import { HOUR_MS } from '../streams/kinesis-streams.ts'
import type { ControlOperation } from './control-plane.ts'
import { retentionHours } from './describe-stream.ts'

const HOURS_MIN = 24
const HOURS_MAX = 8760

export const increaseStreamRetentionPeriod: ControlOperation<'IncreaseStreamRetentionPeriod'> = (
  input,
  { caller },
  { streams, store, clock },
) => {
  const stream = streams.resolve(input, caller, 'kinesis:IncreaseStreamRetentionPeriod')
  mustBeActive(stream)
  const hours = input.RetentionPeriodHours
  checkRange(hours)
  const { retentionMs } = stream.info
  if (hours * HOUR_MS < retentionMs) throw wrongSide(stream, hours, 'shorter', 'Decrease')
  if (hours * HOUR_MS === retentionMs) return undefined
  const now = clock.now()
  // What has expired by now stays so, whether its bytes were removed before this call or not.
  store.enforceRetention(now)
  const expiredBefore = Math.max(stream.settings.expiredBefore, now - retentionMs)
  streams.update(stream, { settings: { ...stream.settings, expiredBefore } }, { isUpdate: true })
  streams.setRetention(stream, hours * HOUR_MS)
  return undefined
}

export const decreaseStreamRetentionPeriod: ControlOperation<'DecreaseStreamRetentionPeriod'> = (
  input,
  { caller },
  { streams, store, clock },
) => {
  const stream = streams.resolve(input, caller, 'kinesis:DecreaseStreamRetentionPeriod')
  mustBeActive(stream)
  const hours = input.RetentionPeriodHours
  checkRange(hours)
  const { retentionMs } = stream.info
  if (hours * HOUR_MS > retentionMs) throw wrongSide(stream, hours, 'longer', 'Increase')
  if (hours * HOUR_MS === retentionMs) return undefined
  streams.update(stream, {}, { isUpdate: true })
  streams.setRetention(stream, hours * HOUR_MS)
  store.enforceRetention(clock.now())
  return undefined
}

function checkRange(hours: number): void {
  if (hours < HOURS_MIN) {
    throw invalidArgument(
      `Minimum allowed retention period is ${HOURS_MIN} hours. Requested retention period (${hours} hours) is too short.`,
    )
  }
  if (hours > HOURS_MAX) {
    throw invalidArgument(
      `Maximum allowed retention period is ${HOURS_MAX} hours. Requested retention period (${hours} hours) is too long.`,
    )
  }
}

function wrongSide(stream: KinesisStream, hours: number, side: string, other: string): Error {
  return invalidArgument(
    `Requested retention period (${hours} hours) for stream ${stream.name} can not be ${side} than existing retention period ` +
      `(${retentionHours(stream)} hours). Use ${other}RetentionPeriod API.`,
  )
}
