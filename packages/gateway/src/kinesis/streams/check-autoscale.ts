/** A target that scaling can follow. */
import { shardsMax } from '@millrace/values'
import { GatewayError } from '../../errors.ts'
import type { AutoscaleTarget } from '../kinesis-context.ts'

/** Error: GATEWAY_OPTION_INVALID. */
export function checkAutoscale(name: string, { target, min, max }: AutoscaleTarget): void {
  const invalid = (why: string): GatewayError =>
    new GatewayError('GATEWAY_OPTION_INVALID', `autoscale of stream "${name}": ${why}.`)
  if (!(target > 0 && target < 1)) {
    throw invalid(`target is ${target}; allowed are shares above 0 and below 1, for example 0.65`)
  }
  for (const [option, value] of [
    ['min', min],
    ['max', max],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > shardsMax) {
      throw invalid(`${option} is ${value}; allowed are whole numbers from 1 to ${shardsMax}`)
    }
  }
  if (min > max) throw invalid(`min is ${min}, above max, which is ${max}`)
}
