/** Limits from text, as a command line gives them: a profile, and single values in place of its own. */
import { GatewayError } from '../errors.ts'
import { type KinesisLimits, type LimitProfile, limitProfiles } from './kinesis-limits.ts'

/** The profile of this name. Error: GATEWAY_OPTION_INVALID. */
export function parseLimitProfile(text: string): KinesisLimits {
  if (Object.hasOwn(limitProfiles, text)) {
    // The names of the profiles are the keys of the table.
    return limitProfiles[text as LimitProfile]
  }
  throw new GatewayError(
    'GATEWAY_OPTION_INVALID',
    `the limits profile is "${text}"; there are ${Object.keys(limitProfiles).join(' and ')}.`,
  )
}

/**
 * The limits with some of them replaced, each given as `name=value`: a number, `off` for none, `true` or `false` where
 * the limit is a switch. Later ones win. Error: GATEWAY_OPTION_INVALID.
 */
export function overrideLimits(base: KinesisLimits, assignments: readonly string[]): KinesisLimits {
  let limits = base
  for (const assignment of assignments) limits = { ...limits, ...parseAssignment(base, assignment) }
  return limits
}

function parseAssignment(base: KinesisLimits, assignment: string): Partial<KinesisLimits> {
  const at = assignment.indexOf('=')
  const name = at < 0 ? assignment : assignment.slice(0, at)
  const names = Object.keys(base)
  if (!names.includes(name)) throw invalid(`limit "${name}" does not exist. There are: ${names.join(', ')}.`)
  if (at < 0) throw invalid(`limit "${name}" has no value. Write ${name}=VALUE.`)
  const text = assignment.slice(at + 1).trim()
  if (name === 'controlPlaneRates' || name === 'tableCapacity') {
    if (text !== 'true' && text !== 'false')
      throw invalid(`limit ${name} is "${text}"; allowed are true and false.`)
    return { [name]: text === 'true' }
  }
  if (text === 'off' && name !== 'statusMs') return { [name]: Number.POSITIVE_INFINITY }
  if (!/^[0-9]+(\.[0-9]+)?$/.test(text)) {
    throw invalid(
      `limit ${name} is "${text}"; allowed are numbers from 0${name === 'statusMs' ? ' (ms)' : ', or off for no limit'}.`,
    )
  }
  return { [name]: Number(text) }
}

function invalid(message: string): GatewayError {
  return new GatewayError('GATEWAY_OPTION_INVALID', message)
}
