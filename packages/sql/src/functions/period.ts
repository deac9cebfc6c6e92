/**
 * Temporal predicates of the KDA dialect over periods [start, end) (spec 2.14): 'PERIOD <OP>'(s1, e1, s2, e2). A point t
 * comes as t, t and stands for the least period that begins with it. A period whose end lies before its start fails the row.
 *
 *   CONTAINS    s1 <= s2 and e2 <= e1
 *   OVERLAPS    s1 < e2 and s2 < e1
 *   EQUALS      s1 = s2 and e1 = e2
 *   PRECEDES    e1 <= s2             STRICTLY: e1 < s2              IMMEDIATELY: e1 = s2
 *   SUCCEEDS    e2 <= s1             STRICTLY: e2 < s1              IMMEDIATELY: e2 = s1
 *   LEADS       s1 < s2 < e1 <= e2   STRICTLY: s1 < s2 < e1 < e2    IMMEDIATELY: s1 < s2 and e1 = e2
 *   LAGS        s2 <= s1 < e2 < e1   STRICTLY: s2 < s1 < e2 < e1    IMMEDIATELY: s1 = s2 and e2 < e1
 *
 * STRICTLY CONTAINS and STRICTLY OVERLAPS: the periods neither begin nor end together. The documentation says of LEADS that
 * the left period begins before the right one and of LAGS that it ends after it, and draws two cases of each, of which
 * STRICTLY leaves one; this is the reading that fits both.
 */
import { formatSqlType } from '@millrace/values'
import { numberOf } from './argument-values.ts'
import { dayMs } from './civil-time.ts'
import { type ScalarFunction, SqlRuntimeError } from './scalar-function.ts'
import { booleanType, countProblem, resultOf, typesText } from './types.ts'

type Test = (s1: number, e1: number, s2: number, e2: number) => boolean

const contains: Test = (s1, e1, s2, e2) => s1 <= s2 && e2 <= e1
const overlaps: Test = (s1, e1, s2, e2) => s1 < e2 && s2 < e1

const tests: Readonly<Record<string, Test>> = {
  CONTAINS: contains,
  'STRICTLY CONTAINS': strictly(contains),
  OVERLAPS: overlaps,
  'STRICTLY OVERLAPS': strictly(overlaps),
  EQUALS: (s1, e1, s2, e2) => s1 === s2 && e1 === e2,
  PRECEDES: (_, e1, s2) => e1 <= s2,
  'STRICTLY PRECEDES': (_, e1, s2) => e1 < s2,
  'IMMEDIATELY PRECEDES': (_, e1, s2) => e1 === s2,
  SUCCEEDS: (s1, _, __, e2) => e2 <= s1,
  'STRICTLY SUCCEEDS': (s1, _, __, e2) => e2 < s1,
  'IMMEDIATELY SUCCEEDS': (s1, _, __, e2) => e2 === s1,
  LEADS: (s1, e1, s2, e2) => s1 < s2 && s2 < e1 && e1 <= e2,
  'STRICTLY LEADS': (s1, e1, s2, e2) => s1 < s2 && s2 < e1 && e1 < e2,
  'IMMEDIATELY LEADS': (s1, e1, s2, e2) => s1 < s2 && e1 === e2,
  LAGS: (s1, e1, s2, e2) => s2 <= s1 && s1 < e2 && e2 < e1,
  'STRICTLY LAGS': (s1, e1, s2, e2) => s2 < s1 && s1 < e2 && e2 < e1,
  'IMMEDIATELY LAGS': (s1, e1, s2, e2) => s1 === s2 && e2 < e1,
}

/** The test for periods that neither begin nor end together. */
function strictly(test: Test): Test {
  return (s1, e1, s2, e2) => s1 !== s2 && e1 !== e2 && test(s1, e1, s2, e2)
}

const kinds = ['DATE', 'TIME', 'TIMESTAMP']

export const periods: readonly ScalarFunction[] = Object.entries(tests).map(([op, test]) => ({
  name: `PERIOD ${op}`,
  forms: [`(start, end) ${op} (start, end)`],
  nullIn: 'null',
  infer: (args) => {
    const problem = countProblem(op, args, 4)
    if (problem !== undefined) return problem
    const found = args.find(({ type }) => type.kind !== 'NULL')?.type ?? { kind: 'TIMESTAMP' }
    const fits = args.every(({ type }) => type.kind === 'NULL' || type.kind === found.kind)
    if (!fits || !kinds.includes(found.kind))
      return `${op} compares periods of one of ${kinds.join(', ')}, not ${typesText(args)}`
    return resultOf(
      booleanType,
      args,
      args.map(() => found),
    )
  },
  evaluate: (args, { argTypes }) => {
    const [s1, e1] = ends(numberOf(args[0]), numberOf(args[1]))
    const [s2, e2] = ends(numberOf(args[2]), numberOf(args[3]))
    if (e1 < s1 || e2 < s2) {
      const unit = argTypes[0]!.kind === 'DATE' ? dayMs : 1
      throw new SqlRuntimeError(
        'ValueOutOfRange',
        `a period of ${formatSqlType(argTypes[0]!)} ends ${Math.max(s1 - e1, s2 - e2) * unit} ms before it starts`,
      )
    }
    return test(s1, e1, s2, e2)
  },
}))

/** A point is the period of one unit, so that it is contained where start <= point < end. */
function ends(start: number, end: number): readonly [number, number] {
  return start === end ? [start, start + 1] : [start, end]
}
