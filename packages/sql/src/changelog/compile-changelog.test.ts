/**
 * The instance: programs of Flink SQL from text to changes, and its law: an instance that is stopped after any call and
 * restored in a fresh one goes on with the same changes.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HostAsync } from '../host-function.ts'
import { bindFlinkProgram } from './binder/bind-flink-program.ts'
import { compileChangelog } from './compile-changelog.ts'
import type { ChangelogInstance } from './instance.ts'
import { optimizeChangelog } from './optimizer/optimize-changelog.ts'
import type { ChangelogProgram } from './plan.ts'
import { type Row, type RowKind, rowKind } from './row.ts'
import { changeText } from './testing/test-context.ts'

const events = `CREATE TABLE events (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
  WITH ('connector' = 'x', 'format' = 'json');`

function bound(text: string): ChangelogProgram {
  const { program, diagnostics } = bindFlinkProgram({ text, fileName: 'test.sql' })
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return optimizeChangelog(program)
}

function open(program: ChangelogProgram, now = 0): ChangelogInstance {
  return compileChangelog(program, { now })
}

function push(instance: ChangelogInstance, row: Row, table = 'events', kind: RowKind = rowKind.insert): void {
  instance.push(table, row, kind, { record: 0, shard: 's0' })
}

function taken(instance: ChangelogInstance, sink = 'SELECT_1'): string[] {
  const list = instance.take().outputs.get(sink)!
  return list.rows.map((row, i) => changeText(row, list.kinds[i]!))
}

test('filter and projection, with an error and its origin', () => {
  const instance = open(bound(`${events} SELECT k, 10 / v AS q FROM events WHERE v <> 7;`))
  push(instance, ['a', 2, 1000])
  push(instance, ['b', 7, 1000])
  instance.push('events', ['c', 0, 1000], rowKind.insert, { record: 5, shard: 's0' })
  const result = instance.take()
  expect(result.outputs.get('SELECT_1')!.rows).toEqual([['a', 5]])
  expect(result.errors).toMatchObject([{ name: 'DivideByZero', origin: 5 }])
  expect(result.errors[0]!.row).toContain('"k":"c"')
})

test('a change of a table that gives new rows only is reported and dropped', () => {
  const instance = open(bound(`${events} SELECT e.k FROM events e JOIN events f ON e.k = f.k;`))
  push(instance, ['a', 1, 1000])
  push(instance, ['a', 1, 1000], 'events', rowKind.updateBefore)
  instance.push('events', ['a', 1, 1000], rowKind.delete, { record: 7, shard: 's0' })
  const { outputs, errors, kept } = instance.take()
  expect(outputs.get('SELECT_1')!.rows).toEqual([['a']])
  expect(errors.map(({ name, where, origin }) => [name, where, origin])).toEqual([
    ['ParseError', 'source events', 0],
    ['ParseError', 'source events', 7],
  ])
  expect(errors[1]!.message).toContain("a change of kind -D came. Give the table 'changelog-mode' = 'all'")
  expect(errors[1]!.row).toContain('"k":"a"')
  expect(kept).toEqual([0])
})

test('the watermark is the least of the shards that count', () => {
  const text = events.replace(
    "'connector' = 'x'",
    "'connector' = 'x', 'scan.watermark.idle-timeout' = '10 s'",
  )
  const instance = open(bound(`${text} SELECT k FROM events;`))
  const at = () => instance.status()[0]!.watermark
  instance.addShard('events', 's1')
  push(instance, ['a', 1, 10_000])
  expect(at()).toBe(Number.NEGATIVE_INFINITY)
  instance.push('events', ['a', 1, 5000], rowKind.insert, { record: 0, shard: 's1' })
  expect(at()).toBe(3000)
  instance.advance(9_000)
  push(instance, ['a', 1, 10_000])
  instance.advance(12_000)
  expect(at()).toBe(8000)
  expect(instance.status()[0]!.shards.map(({ idle }) => idle)).toEqual([true, false])
  instance.finish('events')
  expect(at()).toBe(Number.POSITIVE_INFINITY)
})

test('a source that is idle does not hold back the one that it is united with', () => {
  const second = events
    .replace('events', 'others')
    .replace("'connector' = 'x'", "'connector' = 'x', 'scan.watermark.idle-timeout' = '10 s'")
  const instance = open(
    bound(
      `${events} ${second} SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE u, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;`.replace(
        'SELECT window_end',
        'CREATE VIEW u AS SELECT * FROM events UNION ALL SELECT * FROM others; SELECT window_end',
      ),
    ),
  )
  instance.addShard('others', 's0')
  push(instance, ['a', 1, 1000])
  push(instance, ['a', 1, 30_000])
  expect(taken(instance)).toEqual([])
  instance.advance(11_000)
  expect(taken(instance)).toEqual(['+I 10000, 1'])
})

test('the time of a stop does not make a shard idle', () => {
  const text = events.replace(
    "'connector' = 'x'",
    "'connector' = 'x', 'scan.watermark.idle-timeout' = '10 s'",
  )
  const program = bound(`${text} SELECT k FROM events;`)
  const first = open(program)
  first.addShard('events', 's1')
  push(first, ['a', 1, 10_000])
  const second = open(program, 3_600_000)
  for (const { operator, blob } of first.takeChanges()) second.restore(operator, blob)
  second.advance(3_605_000)
  expect(second.status()[0]!.shards.map(({ idle }) => idle)).toEqual([false, false])
  second.advance(3_610_000)
  expect(second.status()[0]!.shards.map(({ idle }) => idle)).toEqual([true, true])
})

test('an update of which one half passes a filter becomes an insert or a delete', () => {
  const changing = `CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'x', 'format' = 'debezium-json');`
  const instance = open(bound(`${changing} SELECT k, v FROM t WHERE v > 5;`))
  const update = (from: number, to: number) => {
    push(instance, ['a', from], 't', rowKind.updateBefore)
    push(instance, ['a', to], 't', rowKind.updateAfter)
    return taken(instance)
  }
  push(instance, ['a', 1], 't')
  expect(update(1, 6)).toEqual(['+I a, 6'])
  expect(update(6, 7)).toEqual(['-U a, 6', '+U a, 7'])
  expect(update(7, 2)).toEqual(['-D a, 7'])
})

test('CURRENT_WATERMARK is that of the rows before', () => {
  const instance = open(bound(`${events} SELECT k, CAST(CURRENT_WATERMARK(ts) AS STRING) AS w FROM events;`))
  push(instance, ['a', 1, 10_000])
  push(instance, ['b', 1, 11_000])
  expect(taken(instance)).toEqual(['+I a, NULL', '+I b, 1970-01-01 00:00:08.000'])
})

test('an asynchronous function of the host: rows wait, and so does the window that they belong to', async () => {
  const answers: (() => void)[] = []
  const int = { kind: 'INTEGER' } as const
  const ask: HostAsync = {
    kind: 'async',
    name: 'ask',
    parameters: [int],
    returns: int,
    nullIn: 'null',
    timeoutMs: 0,
    capacity: 2,
    ordered: true,
    retry: undefined,
    call: ([v]) => new Promise((resolve) => answers.push(() => resolve(Number(v) * 2))),
  }
  const functions = new Map([['ASK', ask]])
  const text = `${events} CREATE VIEW asked AS SELECT k, ask(v) AS d, ts FROM events;
    SELECT window_end, SUM(d) AS s FROM TABLE(TUMBLE(TABLE asked, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;`
  const { program, diagnostics } = bindFlinkProgram({ text, fileName: 'test.sql', hosts: functions })
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const instance = compileChangelog(optimizeChangelog(program), { now: 0, functions })
  push(instance, ['a', 1, 1000])
  push(instance, ['a', 2, 2000])
  push(instance, ['a', 3, 30_000])
  expect(instance.pending).toEqual({ calls: 3, capacity: 2 })
  expect(taken(instance)).toEqual([])
  const settled = instance.settle()
  while (instance.pending.calls > 0) {
    answers.splice(0).forEach((answer) => {
      answer()
    })
    await Promise.resolve()
  }
  await settled
  expect(taken(instance)).toEqual(['+I 10000, 6'])
})

test('VALUES come once, also after a restart', () => {
  const program = bound(`SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t (n, s);`)
  const first = open(program)
  first.start()
  expect(taken(first)).toEqual(['+I 1, a', '+I 2, b'])
  const second = open(program)
  for (const { operator, blob } of first.takeChanges()) second.restore(operator, blob)
  second.start()
  expect(taken(second)).toEqual([])
})

test('state of an operator that the program no longer has is passed over and named', () => {
  const instance = open(bound(`${events} SELECT k FROM events;`))
  instance.restore('0123456789abcdef', new Uint8Array([1]))
  expect(instance.unknownOperators).toEqual(['0123456789abcdef'])
})

const programs = [
  `SELECT k, v + 1 AS w FROM events WHERE v > 3;`,
  `SELECT k, SUM(v) AS s FROM events GROUP BY k;`,
  `SELECT k, s FROM (SELECT k, SUM(v) AS s FROM events GROUP BY k) AS t WHERE s > 10;`,
  `SELECT k, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '5' SECOND))
   GROUP BY k, window_start, window_end;`,
  `SELECT k, v, ts FROM events ORDER BY ts, v;`,
  `SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM events) AS t WHERE n <= 2;`,
  `SELECT k, v, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM events;`,
  `SELECT k, window_start, COUNT(DISTINCT v) AS n FROM TABLE(HOP(TABLE events, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND))
   GROUP BY k, window_start, window_end;`,
  `SELECT k, window_start, window_end, SUM(v) AS s FROM TABLE(SESSION(TABLE events PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' SECOND))
   GROUP BY k, window_start, window_end;`,
  `SELECT a.k, a.v, b.v AS w FROM events AS a LEFT JOIN events AS b ON a.k = b.k AND a.v + 1 = b.v
   AND b.ts BETWEEN a.ts AND a.ts + INTERVAL '4' SECOND;`,
  `SELECT k, v FROM events WHERE k NOT IN (SELECT k FROM events WHERE v > 7);`,
  `SELECT k, COUNT(*) AS n, window_end FROM TABLE(CUMULATE(TABLE events, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND))
   GROUP BY k, window_start, window_end;`,
  `SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM events) AS t WHERE n = 1;`,
  `SELECT k, COUNT(*) AS n FROM events GROUP BY GROUPING SETS ((k), ());`,
  `SELECT * FROM events MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.v AS a, LAST(B.v) AS b
   PATTERN (A B+ C) DEFINE B AS B.v > A.v, C AS C.v < LAST(B.v)) AS m;`,
  `CREATE VIEW latest AS SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM events) AS t WHERE n = 1;
   SELECT a.k, a.v, b.v AS w FROM events AS a JOIN latest FOR SYSTEM_TIME AS OF a.ts AS b ON a.k = b.k;`,
  `SET 'table.exec.state.ttl' = '3 s'; SELECT k, SUM(v) AS s FROM events GROUP BY k;`,
  `SET 'table.exec.state.ttl' = '3 s'; SELECT a.k, a.v, b.v AS w FROM events AS a LEFT JOIN events AS b ON a.k = b.k AND a.v < b.v;`,
  `SELECT DISTINCT v FROM events;`,
  `SELECT k FROM events INTERSECT SELECT k FROM events WHERE v > 5;`,
  `SELECT a.k, a.v, b.v AS w FROM events AS a JOIN events AS b ON a.k = b.k AND a.v < b.v;`,
  `CREATE TABLE out_t (s INT, k STRING, PRIMARY KEY (s) NOT ENFORCED) WITH ('connector' = 'x', 'format' = 'json');
   INSERT INTO out_t SELECT SUM(v), k FROM events GROUP BY k;`,
]

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ k: fc.constantFrom('a', 'b', 'c'), v: fc.nat(9), t: fc.nat(3000) }) },
  fc.constantFrom<'tick' | 'stop' | 'snapshot'>('tick', 'stop', 'stop', 'snapshot'),
)

for (const text of programs) {
  test(`stopped anywhere and restored, it goes on the same: ${text.slice(0, 60)}`, () => {
    const program = bound(events + text)
    const sink = program.sinks[0]!.name
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const whole = open(program)
        let stopped = open(program)
        let log = new Map<string, Uint8Array[]>()
        let time = 0
        let now = 0
        const commit = () => {
          for (const { operator, blob } of stopped.takeChanges()) {
            log.set(operator, [...(log.get(operator) ?? []), blob])
          }
        }
        for (const each of steps) {
          if (typeof each === 'object') {
            time += each.t
            for (const instance of [whole, stopped])
              push(instance, [each.k, each.v, time - (each.t % 7) * 300])
          } else if (each === 'tick') {
            now += 1000
            for (const instance of [whole, stopped]) instance.advance(now)
          } else {
            expect(taken(stopped, sink)).toEqual(taken(whole, sink))
            commit()
            if (each === 'snapshot') {
              log = new Map(stopped.operators.map((operator) => [operator, stopped.snapshot(operator)]))
            }
            stopped = open(program, now)
            for (const [operator, blobs] of log) for (const blob of blobs) stopped.restore(operator, blob)
          }
        }
        for (const instance of [whole, stopped]) instance.finish('events')
        expect(taken(stopped, sink)).toEqual(taken(whole, sink))
        commit()
        const after = open(program, now)
        for (const [operator, blobs] of log) for (const blob of blobs) after.restore(operator, blob)
        after.advance(now + 100_000)
        expect(taken(after, sink)).toEqual([])
      }),
      { numRuns: 40, seed: 11 },
    )
  })
}
