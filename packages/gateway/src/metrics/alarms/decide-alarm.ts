/**
 * The decision of an alarm, apart from all I/O: which state follows from the one before and the last minutes.
 *
 *   ALARM               each of the last `forMinutes` minutes breaches
 *   OK                  at least one of them does not
 *   INSUFFICIENT_DATA   not enough is known yet to say either; the state at the start
 *
 * A minute without observations counts as the rule says (`missing`); under `ignore` it neither breaches nor clears, and
 * where the others leave it open, the state stays. Minutes before the start of the process are not missing but unknown,
 * whatever the rule says: nobody could have observed anything, so a fresh start never raises an alarm by itself.
 */
import type { AlarmRule } from './alarm-rule.ts'

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

/** The rule's statistic over one minute. */
export type Period = number | 'missing' | 'unknown'

export type AlarmCondition = Pick<AlarmRule, 'comparison' | 'threshold' | 'missing'>

/** `periods` are the last `forMinutes` whole minutes. */
export function decideAlarm(
  condition: AlarmCondition,
  state: AlarmState,
  periods: readonly Period[],
): AlarmState {
  let undecided = 0
  for (const period of periods) {
    const verdict = judge(condition, period)
    if (verdict === 'good') return 'OK'
    if (verdict === 'open') undecided++
  }
  return undecided === 0 ? 'ALARM' : state
}

function judge(condition: AlarmCondition, period: Period): 'good' | 'bad' | 'open' {
  if (period === 'unknown') return 'open'
  if (period === 'missing') {
    if (condition.missing === 'ignore') return 'open'
    return condition.missing === 'breaching' ? 'bad' : 'good'
  }
  return breaches(condition, period) ? 'bad' : 'good'
}

function breaches({ comparison, threshold }: AlarmCondition, value: number): boolean {
  switch (comparison) {
    case '>':
      return value > threshold
    case '>=':
      return value >= threshold
    case '<':
      return value < threshold
    case '<=':
      return value <= threshold
  }
}
