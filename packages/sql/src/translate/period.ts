/** Temporal predicates of KDA SQL as comparisons of their ends; a point t stands for t, t, as the KDA engine reads it. */
import type { Expression, PeriodPredicate } from '../syntax/tree.ts'
import { and, binary } from './build.ts'

interface Translator {
  translate(expression: Expression): Expression
}

type Sign = '<' | '<=' | '=' | '<>'
/** Pairs of ends that have to compare so: s1, e1 of the left period, s2, e2 of the right one. */
type Rule = readonly (readonly ['s1' | 'e1' | 's2' | 'e2', Sign, 's1' | 'e1' | 's2' | 'e2'])[]

const contains: Rule = [
  ['s1', '<=', 's2'],
  ['e2', '<=', 'e1'],
]
const overlaps: Rule = [
  ['s1', '<', 'e2'],
  ['s2', '<', 'e1'],
]
const apart: Rule = [
  ['s1', '<>', 's2'],
  ['e1', '<>', 'e2'],
]

const rules: Readonly<Record<string, Rule>> = {
  CONTAINS: contains,
  'STRICTLY CONTAINS': [...apart, ...contains],
  OVERLAPS: overlaps,
  'STRICTLY OVERLAPS': [...apart, ...overlaps],
  EQUALS: [
    ['s1', '=', 's2'],
    ['e1', '=', 'e2'],
  ],
  PRECEDES: [['e1', '<=', 's2']],
  'STRICTLY PRECEDES': [['e1', '<', 's2']],
  'IMMEDIATELY PRECEDES': [['e1', '=', 's2']],
  SUCCEEDS: [['e2', '<=', 's1']],
  'STRICTLY SUCCEEDS': [['e2', '<', 's1']],
  'IMMEDIATELY SUCCEEDS': [['e2', '=', 's1']],
  LEADS: [
    ['s1', '<', 's2'],
    ['s2', '<', 'e1'],
    ['e1', '<=', 'e2'],
  ],
  'STRICTLY LEADS': [
    ['s1', '<', 's2'],
    ['s2', '<', 'e1'],
    ['e1', '<', 'e2'],
  ],
  'IMMEDIATELY LEADS': [
    ['s1', '<', 's2'],
    ['e1', '=', 'e2'],
  ],
  LAGS: [
    ['s2', '<=', 's1'],
    ['s1', '<', 'e2'],
    ['e2', '<', 'e1'],
  ],
  'STRICTLY LAGS': [
    ['s2', '<', 's1'],
    ['s1', '<', 'e2'],
    ['e2', '<', 'e1'],
  ],
  'IMMEDIATELY LAGS': [
    ['s1', '=', 's2'],
    ['e2', '<', 'e1'],
  ],
}

export function periodCondition(translator: Translator, predicate: PeriodPredicate): Expression {
  const [s1, e1 = s1] = predicate.left
  const [s2, e2 = s2] = predicate.right
  const ends = { s1, e1, s2, e2 }
  const conditions = (rules[predicate.op] ?? overlaps).map(([left, sign, right]) =>
    binary(sign, translator.translate(ends[left]), translator.translate(ends[right])),
  )
  // Every rule has at least one comparison.
  return and(conditions)!
}
