/**
 * What a node keeps between rows, and what bounds it: windows, a time to live, a number of rows, or nothing.
 */
import { formatDuration } from '../expression/format-expr.ts'
import type { ChangelogNode } from './plan.ts'

const untilFired = 'until the watermark reaches the end of the window'

/** undefined: the node keeps nothing. */
export function describeState(node: ChangelogNode): string | undefined {
  switch (node.kind) {
    case 'source':
    case 'values':
    case 'filter':
    case 'project':
    case 'union':
    case 'expand':
    case 'lookup-join':
    case 'correlate':
      return undefined
    case 'async-project':
      return 'the rows whose result is still to come'
    case 'watermark':
      return 'the watermark of each shard'
    case 'normalize':
      return 'the last row of each key, unbounded'
    case 'aggregate': {
      const exact =
        node.input.traits.changes === 'retract' && node.calls.some(({ fn }) => fn === 'MIN' || fn === 'MAX')
      const values = exact ? ', with the counts of values of MIN and MAX' : ''
      return `one accumulator for each key${values}, ${ttl(node.ttl)}`
    }
    case 'window-assign':
      return node.window.kind === 'session' ? `the rows of open sessions, ${untilFired}` : undefined
    case 'window-aggregate':
      return `one accumulator for each key and window, ${untilFired}`
    case 'over': {
      const waiting = node.time.kind === 'rowtime' ? ', and the rows ahead of the watermark' : ''
      const { kind, preceding } = node.frame
      if (preceding === Number.POSITIVE_INFINITY)
        return `one accumulator for each partition, unbounded${waiting}`
      return `the rows of ${kind === 'range' ? formatDuration(preceding) : `the last ${preceding + 1}`} for each partition${waiting}`
    }
    case 'join': {
      if (node.leftTtl === node.rightTtl) return `the rows of both sides, ${ttl(node.leftTtl)}`
      return `the rows of the left side, ${ttl(node.leftTtl)}, and of the right side, ${ttl(node.rightTtl)}`
    }
    case 'interval-join':
      return `rows of both sides within ${formatDuration(node.upper - node.lower)} of each other`
    case 'temporal-join':
      return node.rightTime === undefined
        ? 'the last version of each key, unbounded'
        : 'left rows ahead of the watermark, and the versions of each key that they may meet'
    case 'window-join':
      return `the rows of both sides, ${untilFired}`
    case 'set-operation':
      return 'the count of each row on both sides, unbounded'
    case 'rank': {
      // Without retractions only the rows within the limit can ever come out.
      const append = node.input.traits.changes === 'append'
      return append
        ? `the first ${node.to} rows of each partition, ${ttl(node.ttl)}`
        : `all rows of each partition, ${ttl(node.ttl)}`
    }
    case 'dedup':
      return `one row for each partition, ${ttl(node.ttl)}`
    case 'window-rank':
      return `the first ${node.to} rows of each window and partition, ${untilFired}`
    case 'sort':
      return 'the rows ahead of the watermark'
    case 'limit':
      return 'the number of rows so far'
    case 'match': {
      const bound =
        node.within === undefined ? 'until they match or fail' : `for at most ${formatDuration(node.within)}`
      return `rows ahead of the watermark, and those of matches under way, ${bound}`
    }
  }
}

function ttl(ms: number): string {
  return ms === 0 ? 'unbounded' : `forgotten after ${formatDuration(ms)} without change`
}
