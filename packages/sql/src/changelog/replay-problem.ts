/**
 * Whether reading the input again gives the state that it gave before, however it is divided among several instances: then the
 * state of a program can be made anew in another division, without a change that it has put out becoming wrong.
 *
 * That is so where results follow from the rows of a key alone, in their order. It is not where they follow from the watermark,
 * which every instance has of its own, from processing time, from chance, or from what lies outside.
 */
import type { Expr } from '../plan.ts'
import { nodesInOrder } from './graph.ts'
import { exprsOf } from './optimizer/node-exprs.ts'
import { isVolatile } from './optimizer/rewrite.ts'
import type { ChangelogNode, ChangelogProgram } from './plan.ts'

/** What stands in the way, as the end of a sentence; undefined: nothing. */
export function replayProblem(program: ChangelogProgram): string | undefined {
  for (const node of nodesInOrder(program.sinks.map(({ plan }) => plan))) {
    const problem = problemOf(node) ?? (exprsOf(node).some(isOfTheMoment) ? ofTheMoment : undefined)
    if (problem !== undefined) return problem
  }
  return undefined
}

const ofTheMoment = 'it uses a function whose value depends on when it is called'

function problemOf(node: ChangelogNode): string | undefined {
  switch (node.kind) {
    case 'window-assign':
    case 'window-aggregate':
    case 'window-join':
    case 'window-rank':
      return 'windows fire by the watermark of their part'
    case 'interval-join':
      return 'an interval join follows the watermark of its part'
    case 'over':
      return 'OVER follows the watermark of its part'
    case 'sort':
      return 'ORDER BY follows the watermark'
    case 'match':
      return 'MATCH_RECOGNIZE follows the watermark of its part'
    case 'temporal-join':
      return node.rightTime === undefined
        ? 'a temporal join by processing time depends on when rows come'
        : 'a temporal join follows the watermark of its part'
    case 'lookup-join':
      return 'a lookup join may find other rows today'
    case 'async-project':
      return 'an asynchronous function would be asked again'
    case 'aggregate':
    case 'rank':
    case 'dedup':
      return node.ttl > 0 ? forgets : undefined
    case 'join':
      return node.leftTtl > 0 || node.rightTtl > 0 ? forgets : undefined
    default:
      return undefined
  }
}

const forgets = 'its state has a time to live'

/** Functions of processing time. */
const momentary: ReadonlySet<string> = new Set([
  'PROCTIME',
  'NOW',
  'CURRENT_TIMESTAMP',
  'CURRENT_ROW_TIMESTAMP',
  'CURRENT_TIME',
  'CURRENT_DATE',
  'LOCALTIME',
  'LOCALTIMESTAMP',
])

function isOfTheMoment(expr: Expr): boolean {
  if (isVolatile(expr)) return true
  if (expr.kind !== 'call') return false
  if (momentary.has(expr.fn) || (expr.fn === 'UNIX_TIMESTAMP' && expr.args.length === 0)) return true
  return expr.args.some(isOfTheMoment)
}
