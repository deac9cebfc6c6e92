import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { comparisons, missingTreatments } from './alarm-rule.ts'
import { type AlarmCondition, type AlarmState, decideAlarm, type Period } from './decide-alarm.ts'

/**
 * The oracle: what is not known is tried both ways. If all ways agree, that is the state; if not, the state stays.
 */
function naive(condition: AlarmCondition, state: AlarmState, periods: readonly Period[]): AlarmState {
  const ways = periods.map((period): boolean[] => {
    if (period === 'unknown') return [true, false]
    if (period === 'missing') {
      return { breaching: [true], notBreaching: [false], ignore: [true, false] }[condition.missing]
    }
    const { threshold: limit } = condition
    return [
      { '>': period > limit, '>=': period >= limit, '<': period < limit, '<=': period <= limit }[
        condition.comparison
      ],
    ]
  })
  const outcomes = new Set<AlarmState>()
  const fill = (at: number, all: boolean): void => {
    if (at === ways.length) outcomes.add(all ? 'ALARM' : 'OK')
    else for (const breach of ways[at]!) fill(at + 1, all && breach)
  }
  fill(0, true)
  return outcomes.size === 1 ? [...outcomes][0]! : state
}

const periods = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom<Period>('missing', 'unknown')),
  { minLength: 1, maxLength: 7 },
)
const condition = fc.record({
  comparison: fc.constantFrom(...comparisons),
  threshold: fc.integer({ min: 0, max: 4 }),
  missing: fc.constantFrom(...missingTreatments),
})
const state = fc.constantFrom<AlarmState>('OK', 'ALARM', 'INSUFFICIENT_DATA')

describe('the decision', () => {
  it('is the one that every way to fill what is unknown leads to, or none', () => {
    fc.assert(
      fc.property(condition, state, periods, (rule, before, window) => {
        expect(decideAlarm(rule, before, window)).toBe(naive(rule, before, window))
      }),
      { numRuns: 5_000 },
    )
  })

  it('does not depend on the order of the minutes', () => {
    fc.assert(
      fc.property(condition, state, periods, (rule, before, window) => {
        expect(decideAlarm(rule, before, [...window].reverse())).toBe(decideAlarm(rule, before, window))
      }),
    )
  })
})
