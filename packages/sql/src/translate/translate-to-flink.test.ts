/** Constructs one by one: exact ones give equal rows, those marked 'differs' show the difference, those without a form are comments. */
import { describe, expect, test } from 'vitest'
import { runBoth, translateCase } from './testing/both-engines.ts'
import { type SmallCase, smallCase } from './testing/small-case.ts'

const minute = 60_000
const ticks: SmallCase['rows'] = [
  [0, 'A', 1],
  [10_000, 'B', 2],
  [59_999, 'A', 3],
  [minute, 'A', 4],
  [minute + 30_000, 'B', 5],
  [61 * minute, 'A', 6],
]
const columns = 'K VARCHAR(8), X INTEGER'

function both(parts: Partial<SmallCase> & Pick<SmallCase, 'program'>) {
  return runBoth(smallCase({ columns, rows: ticks, ...parts }))
}

describe('exact', () => {
  test.each([
    [
      'windows of windows meet the same rows, although the inner end is 1 ms less as an attribute',
      `CREATE STREAM INNER_S (K VARCHAR(8), C INTEGER);
       CREATE STREAM OUT (H TIMESTAMP, C BIGINT, R TIMESTAMP);
       CREATE PUMP P AS INSERT INTO INNER_S SELECT STREAM K, COUNT(*) FROM S GROUP BY K, FLOOR(S.ROWTIME TO MINUTE);
       CREATE PUMP Q AS INSERT INTO OUT SELECT STREAM STEP(I.ROWTIME BY INTERVAL '2' MINUTE), SUM(C), ROWTIME
         FROM INNER_S AS I GROUP BY STEP(I.ROWTIME BY INTERVAL '2' MINUTE);`,
    ],
    [
      'a third level as well',
      `CREATE STREAM A (C INTEGER); CREATE STREAM B (C BIGINT); CREATE STREAM OUT (M TIMESTAMP, C BIGINT);
       CREATE PUMP P AS INSERT INTO A SELECT STREAM X FROM S GROUP BY X, FLOOR(S.ROWTIME TO MINUTE);
       CREATE PUMP Q AS INSERT INTO B SELECT STREAM SUM(C) FROM A GROUP BY STEP(A.ROWTIME BY INTERVAL '1' MINUTE);
       CREATE PUMP R AS INSERT INTO OUT SELECT STREAM FLOOR(B.ROWTIME TO MINUTE), SUM(C) FROM B GROUP BY FLOOR(B.ROWTIME TO MINUTE);`,
    ],
    [
      'interval joins over windows count the ms in',
      `CREATE STREAM W (K VARCHAR(8), C INTEGER); CREATE STREAM OUT (K VARCHAR(8), X INTEGER, C INTEGER);
       CREATE PUMP P AS INSERT INTO W SELECT STREAM K, COUNT(*) FROM S GROUP BY K, FLOOR(S.ROWTIME TO MINUTE);
       CREATE PUMP Q AS INSERT INTO OUT SELECT STREAM a.K, a.X, b.C
         FROM S OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS a
         JOIN W OVER (RANGE INTERVAL '30' SECOND PRECEDING) AS b ON a.K = b.K;`,
    ],
    [
      'several windows in one SELECT',
      `CREATE STREAM OUT (K VARCHAR(8), A INTEGER, B BIGINT, C INTEGER);
       CREATE PUMP P AS INSERT INTO OUT SELECT STREAM K, SUM(X) OVER (PARTITION BY K ROWS 1 PRECEDING),
         COUNT(*) OVER (ROWS 2 PRECEDING), MAX(X) OVER (PARTITION BY K ROWS 3 PRECEDING) FROM S WHERE X <> 2;`,
    ],
    [
      'a stream that is read and leaves',
      `CREATE STREAM MID (K VARCHAR(8), X INTEGER); CREATE STREAM OUT (C BIGINT);
       CREATE PUMP P AS INSERT INTO MID SELECT STREAM K, X FROM S WHERE X > 1;
       CREATE PUMP Q AS INSERT INTO OUT SELECT STREAM COUNT(*) FROM MID GROUP BY FLOOR(MID.ROWTIME TO MINUTE);`,
    ],
    [
      'a group over a subquery and over a join',
      `CREATE STREAM OUT (K VARCHAR(8), C BIGINT); CREATE STREAM OUT2 (K VARCHAR(8), C BIGINT);
       CREATE PUMP P AS INSERT INTO OUT SELECT STREAM t.K, COUNT(*)
         FROM (SELECT STREAM K, X * 2 AS D FROM S) AS t WHERE t.D > 2 GROUP BY t.K, FLOOR(t.ROWTIME TO MINUTE);`,
    ],
    [
      'functions of the program are put in',
      `CREATE FUNCTION TWICE(N INTEGER) RETURNS BIGINT CONTAINS SQL RETURNS NULL ON NULL INPUT RETURN N * 2;
       CREATE STREAM OUT (D BIGINT); CREATE PUMP P AS INSERT INTO OUT SELECT STREAM TWICE(X + 1) FROM S;`,
    ],
    [
      'ROWS windows',
      `CREATE STREAM OUT (K VARCHAR(8), T INTEGER, N BIGINT);
       CREATE PUMP P AS INSERT INTO OUT SELECT STREAM K, SUM(X) OVER w, COUNT(*) OVER w FROM S
         WINDOW w AS (PARTITION BY K ROWS 1 PRECEDING);`,
    ],
  ])('%s', (_, program) => {
    const { translation, kda, flink, failed } = both({
      program,
      outputs: program.includes('MID') ? ['MID', 'OUT'] : ['OUT'],
    })
    expect(translation.notes.filter(({ construct }) => construct !== 'error_stream')).toEqual([])
    expect(failed).toBe(0)
    expect(flink).toEqual(kda)
    expect([...kda!.values()].flat().length).toBeGreaterThan(0)
  })
})

describe('differs', () => {
  test.each([
    [
      'RANGE window',
      `CREATE STREAM OUT (K VARCHAR(8), T INTEGER);
       CREATE PUMP P AS INSERT INTO OUT SELECT STREAM K, SUM(X) OVER (PARTITION BY K RANGE INTERVAL '1' MINUTE PRECEDING) FROM S;`,
      [
        [0, 'A', 1],
        [0, 'A', 2],
      ],
      ['["A",1]', '["A",3]'],
      ['["A",3]', '["A",3]'],
    ],
    [
      'CHAR_TO_TIMESTAMP',
      `CREATE STREAM OUT (T TIMESTAMP);
       CREATE PUMP P AS INSERT INTO OUT SELECT STREAM CHAR_TO_TIMESTAMP('yyyy-MM-dd', K) FROM S;`,
      [[0, '2026-1-2x', 1]],
      ['["2026-01-02 00:00:00.000"]'],
      ['[null]'],
    ],
    [
      'LAG',
      `CREATE STREAM OUT (X INTEGER, L INTEGER);
       CREATE PUMP P AS INSERT INTO OUT SELECT STREAM X, LAG(X, 1, -1) OVER (RANGE INTERVAL '1' SECOND PRECEDING) FROM S;`,
      [
        [0, 'A', 1],
        [5000, 'A', 2],
      ],
      ['[1,-1]', '[2,-1]'],
      ['[1,-1]', '[2,1]'],
    ],
    [
      'error_stream',
      `CREATE STREAM OUT (X SMALLINT); CREATE PUMP P AS INSERT INTO OUT SELECT STREAM X FROM S;`,
      [
        [0, 'A', 7],
        [0, 'A', 65_536],
      ],
      ['[7]'],
      ['[0]', '[7]'],
    ],
    [
      'join with a window on one side',
      `CREATE STREAM OUT (A INTEGER, B INTEGER);
       CREATE PUMP P AS INSERT INTO OUT SELECT STREAM a.X, b.X
         FROM (SELECT STREAM * FROM S WHERE X > 1) OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS a JOIN (SELECT STREAM * FROM S WHERE X < 2) AS b ON a.K = b.K;`,
      [
        [0, 'A', 1],
        [0, 'A', 2],
      ],
      [],
      ['[2,1]'],
    ],
    [
      'TIME',
      `CREATE STREAM OUT (T TIME); CREATE PUMP P AS INSERT INTO OUT SELECT STREAM CAST(S.ROWTIME AS TIME) FROM S;`,
      [[1234, 'A', 1]],
      ['["00:00:01.234"]'],
      ['["00:00:01.000"]'],
    ],
  ] as const)('%s', (construct, program, rows, kdaLines, flinkLines) => {
    const { translation, kda, flink } = both({ program, rows, outputs: ['OUT'] })
    const [note] = translation.notes.filter((each) => each.construct === construct)
    expect(note).toMatchObject({ verdict: 'differs', reason: expect.stringMatching(/\.$/) })
    expect([kda?.get('OUT'), flink?.get('OUT')]).toEqual([kdaLines, flinkLines])
  })
})

describe('none', () => {
  const out = 'CREATE STREAM OUT (K VARCHAR(64), X DOUBLE);'
  test.each([
    [
      'WINDOWED BY STAGGER',
      "SELECT STREAM K, COUNT(*) FROM S WINDOWED BY STAGGER (PARTITION BY K RANGE INTERVAL '1' MINUTE)",
    ],
    [
      'EXP_AVG',
      "SELECT STREAM K, EXP_AVG(X, INTERVAL '1' MINUTE) OVER (RANGE INTERVAL '5' MINUTE PRECEDING) FROM S",
    ],
    ['LAG ... IGNORE NULLS', 'SELECT STREAM K, LAG(X, 1) IGNORE NULLS OVER (ROWS 3 PRECEDING) FROM S'],
    ['window of a MONTH', 'SELECT STREAM K, COUNT(*) FROM S GROUP BY K, FLOOR(S.ROWTIME TO MONTH)'],
    [
      'ROWS window of a join side',
      'SELECT STREAM a.K, b.X FROM S OVER (ROWS 2 PRECEDING) AS a JOIN S AS b ON a.K = b.K',
    ],
    [
      'REGEX_REPLACE from a position or of one occurrence',
      "SELECT STREAM REGEX_REPLACE(K, 'a', 'b', 1, 2), X FROM S",
    ],
    [
      'GROUP_RANK',
      "SELECT STREAM K, R FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM * FROM S), 'X', 'R', 'asc', 'asc', 0, 0))",
    ],
    [
      'HOTSPOTS',
      'SELECT STREAM HOTSPOTS_RESULT, X FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM * FROM S), 100, 0.5, 2))',
    ],
    [
      'W3C_LOG_PARSE',
      "SELECT STREAM t.r.COLUMN1, 1 FROM (SELECT STREAM W3C_LOG_PARSE(K, 'COMMON') FROM S) AS t(r)",
    ],
  ])('%s', (construct, query) => {
    const program = `${out}\nCREATE PUMP GOOD AS INSERT INTO OUT (K) SELECT STREAM K FROM S;\nCREATE PUMP BAD AS INSERT INTO OUT ${query};`
    const { sql, notes } = translateCase(smallCase({ columns, rows: [], program, outputs: ['OUT'] }))
    expect(notes.filter(({ verdict }) => verdict === 'none').map((each) => each.construct)).toEqual([
      construct,
    ])
    expect(sql).toContain(`-- BAD is not translated.\n-- ${construct}: `)
    expect(sql).toContain('--   CREATE PUMP BAD AS INSERT INTO OUT')
    expect(sql).toContain('INSERT INTO `OUT`')
  })
})

test('a faulty KDA program gives its diagnostics and no text', () => {
  const { sql, diagnostics } = translateCase(
    smallCase({
      columns,
      rows: [],
      program:
        'CREATE STREAM OUT (K VARCHAR(8)); CREATE PUMP P AS INSERT INTO OUT SELECT STREAM NOPE FROM S;',
    }),
  )
  expect(sql).toBe('')
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toHaveLength(1)
})
