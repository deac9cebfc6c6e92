/** The `autoscale` of a stream: how much of its shards should be in use, and how many there may be. */
import type { AutoscaleSettings } from '@millrace/runtime'
import { MillraceError } from '../error.ts'
import { checkInteger, checkSettings, here, quoted } from './names.ts'

const shardsMax = 1000

export function checkAutoscale(stream: string, settings: AutoscaleSettings): AutoscaleSettings {
  const what = `autoscale of stream "${stream}"`
  checkSettings(what, settings, ['target', 'min', 'max'])
  const { target } = settings
  if (typeof target !== 'number' || !(target > 0 && target < 1)) {
    throw new MillraceError('APP_VALUE_INVALID', `target of ${what} is ${quoted(target)}.`, {
      ...here(),
      next: 'Allowed: a number above 0 and below 1, for example 0.65.',
    })
  }
  const min = checkInteger(`min of ${what}`, settings.min, { min: 1, max: shardsMax, default: 1 })
  const max = checkInteger(`max of ${what}`, settings.max, {
    min,
    max: shardsMax,
    default: Math.max(min, 64),
  })
  return { target, min, max }
}
