/** MATCH_RECOGNIZE: what expressions read of the match, and which patterns are refused. */
import { describe, expect, it } from 'vitest'
import type { MatchNode } from '../plan.ts'
import { errorsOf, planOf } from '../testing/plan-kit.ts'

interface Clauses {
  readonly measures?: string
  readonly skip?: string
  readonly pattern?: string
  readonly define?: string
  readonly order?: string
  readonly within?: string
}

function text({ measures, skip, pattern, define, order, within }: Clauses): string {
  return `SELECT * FROM bid MATCH_RECOGNIZE (
    PARTITION BY auction ORDER BY ${order ?? 'ts'}
    MEASURES ${measures ?? 'C.price AS p'}
    ONE ROW PER MATCH ${skip ?? ''}
    PATTERN (${pattern ?? 'A B* C'}) ${within ?? ''}
    ${define ?? 'DEFINE B AS B.price < 10, C AS C.price >= 10'}) AS m`
}

function match(clauses: Clauses): MatchNode {
  let node = planOf(text(clauses))
  while (node.kind === 'project') node = node.input
  if (node.kind !== 'match') throw new Error(`a ${node.kind}`)
  return node
}

describe('MATCH_RECOGNIZE', () => {
  it('gives partition and measures, and looks for the next match from the next row on', () => {
    const node = match({ measures: 'MATCH_ROWTIME() AS rt, FIRST(B.price) AS f, C.price AS p' })
    expect(node.schema.fields.map(({ name, nullable }) => [name, nullable])).toEqual([
      ['auction', true],
      ['rt', false],
      ['f', true],
      ['p', true],
    ])
    expect(node.traits).toMatchObject({ changes: 'append', times: [{ column: 1, kind: 'rowtime' }] })
    expect(node.skip).toEqual({ kind: 'to-next' })
    expect(node.pattern).toMatchObject([
      { variable: 'A', min: 1, max: 1 },
      { variable: 'B', min: 0, max: Number.POSITIVE_INFINITY, greedy: true },
      { variable: 'C', min: 1, max: 1 },
    ])
  })

  it('reads each thing of the match once', () => {
    const node = match({
      measures:
        'C.price AS a, LAST(C.price) AS b, LAST(C.price, 1) AS c, price AS d, SUM(B.price + 1) AS e, COUNT(*) AS f',
      define: 'DEFINE C AS C.price > LAST(B.price, 1) AND SUM(B.price) < 5',
    })
    expect(
      node.references.map((each) => [each.kind, 'variable' in each ? each.variable : undefined]),
    ).toEqual([
      ['last', 'C'],
      ['last', 'B'],
      ['aggregate', 'B'],
      ['last', 'C'],
      ['last', undefined],
      ['aggregate', 'B'],
      ['aggregate', undefined],
    ])
    const [a, b] = node.measures
    expect(a).toMatchObject({ kind: 'column', index: 0 })
    expect(b).toMatchObject({ kind: 'column', index: 0 })
  })

  it('knows where to go on, and for how long', () => {
    expect(match({ skip: 'AFTER MATCH SKIP PAST LAST ROW' }).skip).toEqual({ kind: 'past-last' })
    expect(match({ skip: 'AFTER MATCH SKIP TO LAST C' }).skip).toEqual({ kind: 'to-last', variable: 'C' })
    expect(match({ pattern: 'A B{2,3} C' }).pattern[1]).toMatchObject({ min: 2, max: 3 })
    expect(match({ within: "WITHIN INTERVAL '1' HOUR" }).within).toBe(3_600_000)
  })

  it.each([
    [{ pattern: 'A B+', define: '' }, 'SQL4026', 'B+'],
    [{ pattern: 'A? B*', define: '' }, 'SQL4026', 'A? B*'],
    [{ pattern: 'A B A', define: '', measures: 'A.price AS p' }, 'SQL4026', 'A'],
    [{ define: 'DEFINE D AS D.price > 1' }, 'SQL4026', 'D'],
    [{ measures: 'SUM(A.price + B.price) AS p' }, 'SQL4026', 'SUM(A.price + B.price)'],
    [{ measures: 'SUM(DISTINCT B.price) AS p' }, 'SQL4026', 'SUM(DISTINCT B.price)'],
    [{ measures: 'PREV(B.price) AS p' }, 'SQL4026', 'PREV(B.price)'],
    [{ measures: 'MATCH_PROCTIME() AS p' }, 'SQL4022', 'MATCH_PROCTIME()'],
    [{ skip: 'AFTER MATCH SKIP TO FIRST A' }, 'SQL4026', 'A'],
    [{ skip: 'AFTER MATCH SKIP TO LAST X' }, 'SQL4026', 'X'],
    [{ order: 'price' }, 'SQL4022', 'price'],
    [{ order: 'ts DESC' }, 'SQL4026', 'ts DESC'],
    [{ define: 'DEFINE B AS B.price' }, 'SQL3003', 'B.price'],
  ] as const)('refuses %o', (clauses, code, at) => {
    expect(errorsOf(text(clauses))[0]).toMatchObject({ code, at })
  })
})
