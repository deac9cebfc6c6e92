/** Temporal predicates of KDA SQL as comparisons of their ends; a point is the least period that begins with it. */
import type { Expression, Period, PeriodPredicate } from '../syntax/tree.ts'
import { and, binary, plusMs } from './build.ts'
import type { KdaType } from './kda-types.ts'

interface Translator {
  translate(expression: Expression): Expression
  typeOf(expression: Expression): KdaType | undefined
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
  const [s1, e1] = ends(translator, predicate.left)
  const [s2, e2] = ends(translator, predicate.right)
  const times = { s1, e1, s2, e2 }
  const conditions = (rules[predicate.op] ?? overlaps).map(([left, sign, right]) =>
    binary(sign, times[left], times[right]),
  )
  // Every rule has at least one comparison.
  return and(conditions)!
}

function ends(translator: Translator, [start, end]: Period): readonly [Expression, Expression] {
  const from = translator.translate(start)
  if (end !== undefined) return [from, translator.translate(end)]
  return [from, plusMs(from, translator.typeOf(start)?.type.kind === 'DATE' ? 86_400_000 : 1)]
}
