/** Joins from SQL to changes: small programs, each run straight and with a restart after every change. */
import { describe, expect, it } from 'vitest'
import type { HostFunctions } from '../../host-function.ts'
import type { SqlValue } from '../../plan.ts'
import { bindFlinkProgram } from '../binder/bind-flink-program.ts'
import { compileChangelog } from '../compile-changelog.ts'
import type { ChangelogInstance } from '../instance.ts'
import { type Row, rowKindText } from '../row.ts'
import { changeText } from '../testing/test-context.ts'

/** 'a +I': a change of table a; 'end': all sources end; 'now': the clock. */
type Step = readonly [what: string, ...values: SqlValue[]]

interface Run {
  readonly texts: string[]
  readonly late: number
  readonly errors: string[]
}

function runOf(text: string, steps: readonly Step[], options: RunOptions, restarts: boolean): Run {
  const { program, diagnostics } = bindFlinkProgram({
    text,
    fileName: 'test.sql',
    hosts: options.functions ?? new Map(),
  })
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  let now = 0
  const fresh = () => {
    const instance = compileChangelog(program, { now, functions: options.functions ?? new Map() })
    for (const [table, rows] of Object.entries(options.lookups ?? {})) instance.setLookup(table, rows)
    return instance
  }
  let instance: ChangelogInstance = fresh()
  const run = { texts: [] as string[], late: 0, errors: [] as string[] }
  const take = () => {
    const { outputs, errors, late } = instance.take()
    for (const { rows, kinds } of outputs.values())
      rows.forEach((row, i) => {
        run.texts.push(changeText(row, kinds[i]!))
      })
    run.late += late.length
    run.errors.push(...errors.map(({ name }) => name))
  }
  instance.start()
  for (const [what, ...values] of steps) {
    const [table, kind] = what.split(' ')
    if (what === 'end') for (const source of program.sources) instance.finish(source)
    else if (what === 'now') {
      now = values[0] as number
      instance.advance(now)
    } else {
      instance.push(table!, values, rowKindText.indexOf(kind as '+I') as 0, { record: 0, shard: '0' })
    }
    if (!restarts || kind === '-U') continue
    take()
    const old = instance
    instance = fresh()
    for (const { operator } of old.stateInfo())
      for (const blob of old.snapshot(operator)) instance.restore(operator, blob)
  }
  take()
  return run
}

interface RunOptions {
  readonly functions?: HostFunctions
  readonly lookups?: Readonly<Record<string, readonly Row[]>>
}

function run(text: string, steps: readonly Step[], options: RunOptions = {}): Run {
  const straight = runOf(text, steps, options, false)
  expect(runOf(text, steps, options, true)).toEqual(straight)
  return straight
}

const memory = "WITH ('connector' = 'memory')"
const changing = "WITH ('connector' = 'memory', 'changelog-mode' = 'all')"
const orders = `CREATE TABLE o (id INT, k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) ${memory};`
const shipments = `CREATE TABLE s (id INT, k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) ${memory};`

describe('regular joins', () => {
  const tables = `CREATE TABLE a (id INT, k INT) ${changing}; CREATE TABLE b (id INT, k INT) ${changing};`

  it('LEFT JOIN', () => {
    const { texts } = run(`${tables} SELECT a.id, b.id FROM a LEFT JOIN b ON a.k = b.k;`, [
      ['a +I', 1, 10],
      ['b +I', 100, 10],
      ['b -U', 100, 10],
      ['b +U', 101, 10],
      ['b -D', 101, 10],
      ['a +I', 2, null],
      ['b +I', 102, null],
    ])
    expect(texts).toEqual([
      '+I 1, NULL',
      '-D 1, NULL',
      '+I 1, 100',
      '-D 1, 100',
      '+I 1, NULL',
      '-D 1, NULL',
      '+I 1, 101',
      '-D 1, 101',
      '+I 1, NULL',
      '+I 2, NULL',
    ])
  })

  it('an inner join keeps updates together', () => {
    const { texts } = run(`${tables} SELECT a.id, b.id FROM a JOIN b ON a.k = b.k;`, [
      ['a +I', 1, 10],
      ['b +I', 100, 10],
      ['b -U', 100, 10],
      ['b +U', 101, 10],
      ['b -U', 101, 10],
      ['b +U', 101, 11],
    ])
    expect(texts).toEqual(['+I 1, 100', '-U 1, 100', '+U 1, 101', '-D 1, 101'])
  })

  it('a join with a group over itself', () => {
    const { texts } = run(
      `${tables} SELECT a.id, m.top FROM a JOIN (SELECT k, MAX(id) AS top FROM a GROUP BY k) AS m ON a.k = m.k AND a.id = m.top;`,
      [
        ['a +I', 1, 10],
        ['a +I', 3, 10],
        ['a +I', 2, 10],
        ['a -D', 3, 10],
      ],
    )
    const kept = new Map<string, number>()
    for (const each of texts) {
      const row = each.slice(3)
      kept.set(row, (kept.get(row) ?? 0) + (/^(\+I|\+U)/.test(each) ? 1 : -1))
    }
    expect([...kept].filter(([, count]) => count !== 0)).toEqual([['2, 2', 1]])
  })

  it('IN, NOT IN with NULLs, EXISTS, NOT EXISTS', () => {
    const steps: Step[] = [
      ['a +I', 1, 10],
      ['a +I', 2, 11],
      ['a +I', 3, null],
      ['b +I', 100, 10],
      ['b +I', 101, null],
      ['b -D', 101, null],
    ]
    const of = (where: string) => run(`${tables} SELECT id FROM a WHERE ${where};`, steps).texts
    expect(of('k IN (SELECT k FROM b)')).toEqual(['+I 1'])
    expect(of('EXISTS (SELECT 1 FROM b WHERE b.k = a.k)')).toEqual(['+I 1'])
    expect(of('NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k)')).toEqual(['+I 1', '+I 2', '+I 3', '-D 1'])
    expect(of('k NOT IN (SELECT k FROM b)')).toEqual(['+I 1', '+I 2', '+I 3', '-D 1', '-D 3', '-D 2', '+I 2'])
  })

  it('INTERSECT and EXCEPT ALL', () => {
    const steps: Step[] = [
      ['a +I', 1, 10],
      ['a +I', 1, 10],
      ['b +I', 1, 10],
      ['b +I', 2, null],
      ['a +I', 2, null],
      ['b -D', 1, 10],
    ]
    const of = (op: string) => run(`${tables} SELECT id, k FROM a ${op} SELECT id, k FROM b;`, steps).texts
    expect(of('INTERSECT')).toEqual(['+I 1, 10', '+I 2, NULL', '-D 1, 10'])
    expect(of('EXCEPT ALL')).toEqual(['+I 1, 10', '+I 1, 10', '-D 1, 10', '+I 1, 10'])
  })
})

describe('state that is forgotten', () => {
  it('a side without change for its time to live meets no row any more', () => {
    const tables = `CREATE TABLE a (id INT, k INT) ${memory}; CREATE TABLE b (id INT, k INT) ${memory};`
    const { texts } = run(
      `${tables} SELECT /*+ STATE_TTL('a' = '1s', 'b' = '1d') */ a.id, b.id FROM a JOIN b ON a.k = b.k;`,
      [
        ['a +I', 1, 10],
        ['now', 999],
        ['b +I', 100, 10],
        ['now', 1000],
        ['b +I', 101, 10],
        ['a +I', 2, 10],
      ],
    )
    expect(texts).toEqual(['+I 1, 100', '+I 2, 100', '+I 2, 101'])
  })
})

describe('interval joins', () => {
  const query = (join: string) =>
    `${orders} ${shipments} SELECT o.id, s.id FROM o ${join} JOIN s ON o.k = s.k AND s.ts BETWEEN o.ts AND o.ts + INTERVAL '4' SECOND;`
  const steps: Step[] = [
    ['o +I', 1, 10, 1000],
    ['s +I', 100, 10, 5000],
    ['s +I', 101, 10, 5001],
    ['o +I', 2, 10, 6000],
    ['o +I', 3, 11, 6000],
    ['end'],
  ]

  it('bounds are inclusive; rows without a partner come out once', () => {
    expect(run(query(''), steps).texts).toEqual(['+I 1, 100'])
    expect(run(query('LEFT'), steps).texts).toEqual(['+I 1, 100', '+I 2, NULL', '+I 3, NULL'])
    expect(run(query('FULL'), steps).texts).toEqual(['+I 1, 100', '+I NULL, 101', '+I 2, NULL', '+I 3, NULL'])
  })

  it('feeds a window: no row of it is late', () => {
    const { texts, late } = run(
      `${orders} ${shipments}
       CREATE VIEW j AS SELECT o.id AS oid, s.id AS sid, o.ts AS ots FROM o LEFT JOIN s
         ON o.k = s.k AND s.ts BETWEEN o.ts AND o.ts + INTERVAL '4' SECOND;
       SELECT window_start, COUNT(*), COUNT(sid) FROM TABLE(TUMBLE(TABLE j, DESCRIPTOR(ots), INTERVAL '2' SECOND))
       GROUP BY window_start, window_end;`,
      [
        ['o +I', 1, 10, 1000],
        ['s +I', 100, 10, 2000],
        ['o +I', 2, 11, 1500],
        ['o +I', 3, 10, 3000],
        ['s +I', 101, 10, 9000],
        ['o +I', 4, 10, 9000],
        ['end'],
      ],
    )
    expect(late).toBe(0)
    expect(texts).toEqual(['+I 0, 2, 1', '+I 2000, 1, 0', '+I 8000, 1, 1'])
  })
})

describe('temporal and lookup joins', () => {
  const rates = `CREATE TABLE r (k INT, rate INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');`

  it('each row meets the version of its time', () => {
    const { texts } = run(
      `${orders} ${rates} SELECT o.id, r.rate FROM o LEFT JOIN r FOR SYSTEM_TIME AS OF o.ts ON o.k = r.k;`,
      [
        ['r +I', 10, 1, 1000],
        ['o +I', 1, 10, 500],
        ['o +I', 2, 10, 1500],
        ['r +U', 10, 2, 2000],
        ['o +I', 3, 10, 2000],
        ['o +I', 4, 11, 2500],
        ['r +U', 10, 3, 3000],
        ['end'],
      ],
    )
    expect(texts).toEqual(['+I 1, NULL', '+I 2, 1', '+I 3, 2', '+I 4, NULL'])
  })

  it('a version that was ended meets no row from then on', () => {
    const { texts } = run(
      `${orders} ${rates} SELECT o.id, r.rate FROM o LEFT JOIN r FOR SYSTEM_TIME AS OF o.ts ON o.k = r.k;`,
      [
        ['r +I', 10, 1, 1000],
        ['r -D', 10, 1, 2000],
        ['o +I', 1, 10, 1999],
        ['o +I', 2, 10, 2000],
        ['r +I', 10, 3, 3000],
        ['o +I', 3, 10, 3000],
        ['r -D', 10, null, null],
        ['o +I', 4, 10, 4000],
        ['end'],
      ],
    )
    expect(texts).toEqual(['+I 1, 1', '+I 2, NULL', '+I 3, 3', '+I 4, NULL'])
  })

  it('a view of the last row by key is a table of versions', () => {
    const { texts } = run(
      `${orders} ${shipments}
       CREATE VIEW v AS SELECT id, k, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM s) WHERE n = 1;
       SELECT o.id, v.id FROM o JOIN v FOR SYSTEM_TIME AS OF o.ts ON o.k = v.k;`,
      [
        ['s +I', 100, 10, 1000],
        ['s +I', 101, 10, 2000],
        ['o +I', 1, 10, 1999],
        ['o +I', 2, 10, 2000],
        ['end'],
      ],
    )
    expect(texts).toEqual(['+I 1, 100', '+I 2, 101'])
  })

  it('a lookup asks the table', () => {
    const { texts } = run(
      `CREATE TABLE o (id INT, k INT, p AS PROCTIME()) ${memory};
       CREATE TABLE d (k INT, name STRING) WITH ('connector' = 'memory', 'lookup' = 'true');
       SELECT o.id, d.name FROM o LEFT JOIN d FOR SYSTEM_TIME AS OF o.p ON o.k = d.k AND d.name <> 'x';`,
      [
        ['o +I', 1, 10],
        ['o +I', 2, 11],
        ['o +I', 3, null],
      ],
      {
        lookups: {
          d: [
            [10, 'a'],
            [10, 'b'],
            [11, 'x'],
          ],
        },
      },
    )
    expect(texts).toEqual(['+I 1, a', '+I 1, b', '+I 2, NULL', '+I 3, NULL'])
  })
})

describe('window joins', () => {
  const query = (join: string) =>
    `${orders} ${shipments} SELECT L.id, R.id, COALESCE(L.window_end, R.window_end)
     FROM (SELECT * FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ts), INTERVAL '5' SECOND))) AS L ${join} JOIN
          (SELECT * FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND))) AS R
     ON L.k = R.k AND L.window_start = R.window_start AND L.window_end = R.window_end;`

  it('FULL JOIN', () => {
    const { texts, late } = run(query('FULL'), [
      ['o +I', 1, 10, 1000],
      ['s +I', 100, 11, 2000],
      ['s +I', 101, 10, 2000],
      ['s +I', 102, 10, 7000],
      ['o +I', 2, 10, 5000],
      ['o +I', 3, 10, 4000],
      ['end'],
    ])
    expect(texts).toEqual(['+I 1, 101, 5000', '+I NULL, 100, 5000', '+I 2, 102, 10000'])
    expect(late).toBe(1)
  })

  it('IN and NOT EXISTS, in the window', () => {
    const of = (start: string, end: string) =>
      run(
        `${orders} ${shipments} SELECT id FROM (SELECT * FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ts), INTERVAL '5' SECOND))) AS L
         WHERE ${start} (SELECT * FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND))) AS R
           WHERE L.window_start = R.window_start AND L.window_end = R.window_end ${end});`,
        [
          ['o +I', 1, 10, 1000],
          ['o +I', 2, 11, 1000],
          ['o +I', 3, null, 1000],
          ['s +I', 100, 10, 2000],
          ['s +I', 101, 11, 6000],
          ['end'],
        ],
      ).texts
    expect(of('k IN (SELECT k FROM', '')).toEqual(['+I 1'])
    expect(of('NOT EXISTS (SELECT 1 FROM', 'AND L.k = R.k')).toEqual(['+I 2', '+I 3'])
  })

  it('windows by the session zone fire at their instants', () => {
    const instants = `SET 'table.local-time-zone' = 'Asia/Tokyo'; CREATE TABLE o (id INT, k INT, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts) ${memory};
      CREATE TABLE s (id INT, k INT, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts) ${memory};`
    const hour = 3_600_000
    const { texts } = run(
      query('').replace(orders, '').replace(shipments, instants).replaceAll("'5' SECOND", "'1' DAY"),
      [
        ['o +I', 1, 10, 1000],
        ['s +I', 100, 10, 14 * hour],
        ['o +I', 2, 10, 15 * hour],
        ['s +I', 101, 10, 15 * hour],
      ],
    )
    expect(texts).toEqual([`+I 1, 100, ${24 * hour}`])
  })
})

describe('UNNEST and table functions', () => {
  it('LATERAL TABLE of a function of the host, with a condition', () => {
    const words: HostFunctions = new Map([
      [
        'WORDS',
        {
          kind: 'table',
          name: 'WORDS',
          parameters: [{ kind: 'VARCHAR', length: 2147483647 }],
          columns: [
            { name: 'word', type: { kind: 'VARCHAR', length: 2147483647 }, nullable: false },
            { name: 'size', type: { kind: 'BIGINT' }, nullable: false },
          ],
          call: (line: unknown) =>
            String(line)
              .split(' ')
              .map((word) => [word, word.length]),
        },
      ],
    ])
    const { texts } = run(
      `CREATE TABLE t (id INT, line STRING) ${memory};
       SELECT t.id, w.word, w.size FROM t LEFT JOIN LATERAL TABLE(words(line)) AS w(word, size) ON w.size > 1;`,
      [
        ['t +I', 1, 'a bee sees'],
        ['t +I', 2, 'a b'],
      ],
      { functions: words },
    )
    expect(texts).toEqual(['+I 1, bee, 3', '+I 1, sees, 4', '+I 2, NULL, NULL'])
  })

  it('of arrays of rows, with LEFT JOIN and ordinality', () => {
    const { texts } = run(
      `CREATE TABLE t (id INT, items ARRAY<ROW<name STRING, n INT>>) ${memory};
       SELECT t.id, i.name, i.n FROM t LEFT JOIN UNNEST(t.items) AS i(name, n) ON TRUE;`,
      [
        ['t +I', 1, [['a', 1], ['b', 2], null]],
        ['t +I', 2, []],
        ['t +I', 3, null],
      ],
    )
    expect(texts).toEqual([
      '+I 1, a, 1',
      '+I 1, b, 2',
      '+I 1, NULL, NULL',
      '+I 2, NULL, NULL',
      '+I 3, NULL, NULL',
    ])
  })
})
