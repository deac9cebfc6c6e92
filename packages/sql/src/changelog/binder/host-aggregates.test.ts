/** Aggregates of the host stand where they can do what is asked of them. */
import { describe, expect, it } from 'vitest'
import type { HostAggregate } from '../../host-function.ts'
import { bindFlinkProgram } from './bind-flink-program.ts'

const plain: HostAggregate = {
  kind: 'aggregate',
  name: 'Longest',
  parameters: [{ kind: 'BIGINT' }],
  returns: { kind: 'BIGINT' },
  create: () => 0,
  add: (accumulator) => accumulator,
  result: (accumulator) => accumulator,
}
const table = `CREATE TABLE t (k BIGINT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'memory');`

function codesOf(text: string, host: HostAggregate): string[] {
  return bindFlinkProgram({ text: table + text, fileName: 't.sql', hosts: new Map([['LONGEST', host]]) })
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code }) => code)
}

const windows = (fn: string): string =>
  `SELECT longest(v) FROM TABLE(${fn}(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND${fn === 'HOP' ? ", INTERVAL '2' SECOND" : ''})) GROUP BY window_start, window_end`

describe('an aggregate of the host', () => {
  it.each([
    ['SELECT k, longest(v) FROM t GROUP BY k', []],
    [windows('TUMBLE'), []],
    [windows('HOP'), ['SQL4005']],
    ['SELECT longest(n) FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k)', ['SQL4021']],
    ['SELECT longest(v) OVER (ORDER BY ts) FROM t', []],
    ['SELECT longest(v) OVER (ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t', ['SQL4021']],
    ['SELECT longest(v, v) FROM t', ['SQL3001']],
  ])('alone: %s', (text, codes) => {
    expect(codesOf(text, plain)).toEqual(codes)
  })

  it.each([windows('HOP'), 'SELECT longest(n) FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k)'])(
    'with retract and merge: %s',
    (text) => {
      expect(codesOf(text, { ...plain, retract: (a) => a, merge: (a) => a })).toEqual([])
    },
  )
})
