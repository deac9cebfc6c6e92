/**
 * Law: a program that may run in parts puts out the same rows in parts as in one instance, whatever the rows, the partition keys
 * of its tables and the order in which the parts get on. Rows of a table without a partition key go to any part.
 */
import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { bindFlinkProgram } from './binder/bind-flink-program.ts'
import { compileChangelog } from './compile-changelog.ts'
import type { ChangelogInstance, ChangelogResult } from './instance.ts'
import { optimizeChangelog } from './optimizer/optimize-changelog.ts'
import { parallelKeys } from './parallel-keys.ts'
import { partitionKeyText } from './partition-key.ts'
import type { ChangelogProgram } from './plan.ts'
import { type Row, type RowKind, rowKind } from './row.ts'

/** Tables with the columns that may be their partition key. */
const columns: { readonly [table: string]: readonly string[] } = {
  a: ['k', 'g', 'n', 'id', 'ts'],
  b: ['k', 'g', 'n', 'id', 'ts'],
  u: ['id', 'k', 'n'],
  c: ['k', 'g', 'n'],
}

function tables(keys: { readonly [table: string]: string | undefined }): string {
  const key = (table: string) => (keys[table] === undefined ? '' : `, 'partition-key' = '${keys[table]}'`)
  const rows = (
    name: string,
  ) => `CREATE TABLE ${name} (k STRING, g STRING, n INT, id BIGINT, ts TIMESTAMP(3), pt AS PROCTIME(),
    WATERMARK FOR ts AS ts) WITH ('connector' = 'memory'${key(name)});`
  return `${rows('a')}${rows('b')}
    CREATE TABLE u (id BIGINT NOT NULL, k STRING, n INT, PRIMARY KEY (id) NOT ENFORCED)
      WITH ('connector' = 'memory', 'changelog-mode' = 'upsert'${key('u')});
    CREATE TABLE c (k STRING, g STRING, n INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all'${key('c')});
    CREATE TABLE by_k (k STRING, v BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory');
    CREATE TABLE by_id (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'memory');`
}

const tumble = `TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' SECOND))`
const programs = [
  'SELECT k, n + 1 FROM a WHERE n > 3',
  'SELECT k, COUNT(*), SUM(n) FROM a GROUP BY k',
  'SELECT g, COUNT(*), MAX(n) FROM a GROUP BY g',
  'SELECT k, g, COUNT(DISTINCT n) FROM a GROUP BY k, g',
  'SELECT COUNT(*) FROM a',
  'SELECT DISTINCT g, n FROM a',
  'SELECT g, MAX(v) FROM (SELECT k, g, COUNT(*) AS v FROM a GROUP BY k, g) GROUP BY g',
  'SELECT k, g, COUNT(*) FROM a GROUP BY GROUPING SETS ((k), (k, g))',
  'SELECT k, g, COUNT(*) FROM a GROUP BY CUBE (k, g)',
  'SELECT w, COUNT(*) FROM (SELECT UPPER(k) AS w FROM a) GROUP BY w',
  'SELECT w, COUNT(*) FROM (SELECT CAST(n AS BIGINT) AS w FROM a) GROUP BY w',
  'SELECT w, COUNT(*) FROM (SELECT COALESCE(k, g) AS w FROM a) GROUP BY w',
  `SELECT window_end, k, COUNT(*) FROM ${tumble} GROUP BY window_start, window_end, k`,
  `SELECT window_end, COUNT(*) FROM ${tumble} GROUP BY window_start, window_end`,
  `SELECT * FROM (SELECT window_end, g, n, id, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, g ORDER BY n, id) AS rn FROM ${tumble}) WHERE rn <= 2`,
  `SELECT window_start, g, COUNT(*) FROM TABLE(SESSION(TABLE a PARTITION BY g, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, g`,
  `SELECT k, HOP_END(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND), COUNT(*) FROM a GROUP BY k, HOP(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND)`,
  'SELECT id, SUM(n) OVER (PARTITION BY g ORDER BY ts RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM a',
  'SELECT * FROM (SELECT k, n, id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC, id) AS rn FROM a) WHERE rn <= 2',
  'SELECT * FROM (SELECT k, n, id, ROW_NUMBER() OVER (ORDER BY n DESC, id) AS rn FROM a) WHERE rn <= 2',
  'SELECT k, g, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, g ORDER BY pt) AS rn FROM a) WHERE rn = 1',
  'SELECT k, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM a) WHERE rn = 1',
  `SELECT * FROM a MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES X.id AS x, Y.id AS y ONE ROW PER MATCH
    AFTER MATCH SKIP PAST LAST ROW PATTERN (X Y) DEFINE Y AS Y.n > X.n)`,
  'SELECT a.id, b.id AS id2 FROM a JOIN b ON a.k = b.k AND a.n = b.n',
  'SELECT a.id, b.id AS id2 FROM a JOIN b ON a.k = b.k AND a.g = b.g',
  'SELECT a.id, b.id AS id2 FROM a LEFT JOIN b ON a.k = b.g',
  'SELECT a.id, b.id AS id2 FROM a FULL JOIN b ON a.k = b.k AND a.n < b.n',
  'SELECT a.id, b.id AS id2 FROM a JOIN b ON a.k IS NOT DISTINCT FROM b.k AND a.n = b.n',
  'SELECT b.k, COUNT(*) FROM a LEFT JOIN b ON a.k = b.k GROUP BY b.k',
  'SELECT a.k, COUNT(b.id) FROM a LEFT JOIN b ON a.k = b.k GROUP BY a.k',
  'SELECT b.k, COUNT(*) FROM a JOIN b ON a.k = b.k GROUP BY b.k',
  'SELECT a.k, COUNT(*) FROM a FULL JOIN b ON a.k = b.k GROUP BY a.k',
  'SELECT b.g, COUNT(a.id) FROM a RIGHT JOIN b ON a.g = b.g GROUP BY b.g',
  'SELECT a.id, b.id AS id2 FROM a JOIN b ON a.id = b.n',
  `SELECT a.id, b.id AS id2 FROM a JOIN b ON a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL '3' SECOND AND a.ts`,
  `SELECT a.id, b.id AS id2 FROM a LEFT JOIN b ON a.g = b.g AND b.ts BETWEEN a.ts - INTERVAL '3' SECOND AND a.ts`,
  'SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.n = a.n)',
  'SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k)',
  'SELECT id FROM a WHERE k IN (SELECT k FROM b)',
  'SELECT id FROM a WHERE n NOT IN (SELECT n FROM b)',
  'SELECT id FROM a WHERE n > (SELECT MAX(n) FROM b)',
  'SELECT w, COUNT(*) FROM (SELECT k AS w FROM a UNION ALL SELECT g FROM b) GROUP BY w',
  `SELECT w, COUNT(*) FROM (SELECT k AS w FROM a UNION ALL VALUES ('x'), ('y')) GROUP BY w`,
  `SELECT k FROM a UNION ALL VALUES ('x'), ('y')`,
  'SELECT k, n FROM a INTERSECT SELECT k, n FROM b',
  'SELECT k FROM a EXCEPT SELECT g FROM b',
  'SELECT k, n FROM a EXCEPT ALL SELECT k, n FROM b',
  'SELECT id, k, n FROM u',
  'SELECT k, COUNT(*), SUM(n) FROM u GROUP BY k',
  'SELECT id, COUNT(*), SUM(n) FROM u GROUP BY id',
  'SELECT u.id, a.n FROM u JOIN a ON u.id = a.id',
  'SELECT k, g, n FROM c',
  'SELECT k, COUNT(*), MIN(n) FROM c GROUP BY k',
  'SELECT c.n, a.id FROM c JOIN a ON c.k = a.k',
  'INSERT INTO by_k SELECT k, COUNT(*) FROM a GROUP BY k',
  'INSERT INTO by_k SELECT k, MAX(v) FROM (SELECT k, g, COUNT(*) AS v FROM a GROUP BY k, g) GROUP BY k',
  'INSERT INTO by_k SELECT k, COUNT(*) FROM a GROUP BY k, g',
  'INSERT INTO by_k SELECT k, CAST(n AS BIGINT) FROM a',
  'INSERT INTO by_k SELECT k, CAST(n AS BIGINT) FROM c',
  'INSERT INTO by_id SELECT id, k FROM u',
  'INSERT INTO by_id SELECT id, k FROM a',
]

interface Change {
  readonly table: string
  readonly row: Row
  readonly kind: RowKind
}

/** Rows in order of time, so that none is late anywhere. */
function changesOf(seed: number): Change[] {
  const random = seededRandom(`parallel ${seed}`)
  const text = (of: number) => (random.below(12) === 0 ? null : `t${random.below(of)}`)
  const present: Row[] = []
  const changes: Change[] = []
  const people = new Set<number>()
  for (let i = 0; i < 90; i++) {
    const table = ['a', 'a', 'b', 'u', 'c'][random.below(5)]!
    if (table === 'u') {
      const id = random.below(8)
      const gone = people.has(id) && random.below(4) === 0
      if (gone) people.delete(id)
      else people.add(id)
      const kind = gone ? rowKind.delete : rowKind.insert
      changes.push({ table, row: [id, text(4), random.below(5)], kind })
    } else if (table === 'c') {
      const old =
        present.length > 0 && random.below(2) === 0
          ? present.splice(random.below(present.length), 1)[0]
          : undefined
      if (old !== undefined) changes.push({ table, row: old, kind: rowKind.delete })
      else {
        const row: Row = [text(4), text(3), random.below(5)]
        present.push(row)
        changes.push({ table, row, kind: rowKind.insert })
      }
    } else {
      const row = [text(4), text(3), random.below(6), i % 30, Date.UTC(2026, 0, 1) + i * 700]
      changes.push({ table, row, kind: rowKind.insert })
    }
  }
  return changes
}

/** What a reader of the outputs ends with: by sink with a primary key the last row of each key, else all rows that stay. */
class Answer {
  readonly #rows = new Map<string, number>()
  readonly #last = new Map<string, string>()
  readonly #program: ChangelogProgram

  constructor(program: ChangelogProgram) {
    this.#program = program
  }

  take({ outputs }: ChangelogResult): void {
    for (const [name, { rows, kinds }] of outputs) {
      const key = this.#program.sinks.find((sink) => sink.name === name)?.key
      for (const [i, row] of rows.entries()) {
        const text = `${name} ${JSON.stringify(row)}`
        const gone = kinds[i] === rowKind.delete || kinds[i] === rowKind.updateBefore
        if (key === undefined) this.#rows.set(text, (this.#rows.get(text) ?? 0) + (gone ? -1 : 1))
        else {
          const id = JSON.stringify(key.map((column) => row[column]))
          if (kinds[i] === rowKind.delete) this.#last.delete(id)
          else if (!gone) this.#last.set(id, text)
        }
      }
    }
  }

  get value(): unknown {
    const rows = [...this.#rows].filter(([, count]) => count !== 0).sort()
    return { rows, last: [...this.#last.values()].sort() }
  }
}

/** `partOf`: the part that a change goes to. `turn`: which of the parts goes next, out of those that have something left. */
function run(
  program: ChangelogProgram,
  changes: readonly Change[],
  of: number,
  partOf: (change: Change) => number,
  turn: (choices: number) => number,
): unknown {
  const answer = new Answer(program)
  const parts = Array.from({ length: of }, () => compileChangelog(program, { now: 0 }))
  const queues = parts.map((_, part) => changes.filter((change) => partOf(change) === part))
  const steps = parts.map((instance, part) => stepsOf(instance, program, queues[part]!, part === 0))
  for (;;) {
    const open = steps.filter((list) => list.length > 0)
    if (open.length === 0) return answer.value
    const index = steps.indexOf(open[turn(open.length)]!)
    steps[index]!.shift()!()
    answer.take(parts[index]!.take())
  }
}

function stepsOf(
  instance: ChangelogInstance,
  program: ChangelogProgram,
  changes: readonly Change[],
  isFirst: boolean,
): (() => void)[] {
  const read = changes.filter(({ table }) => program.sources.includes(table))
  return [
    () => {
      for (const table of program.sources) instance.addShard(table, '0')
      instance.start(isFirst ? 'here' : 'elsewhere')
    },
    ...read.map(
      ({ table, row, kind }) =>
        () =>
          instance.push(table, row, kind, { record: 0, shard: '0' }),
    ),
    ...program.sources.map((table) => () => instance.finish(table)),
  ]
}

/** Any function of the key will do, as long as it is the same for all tables. */
function hash(text: string): number {
  let sum = 7
  for (const char of text) sum = (sum * 31 + char.charCodeAt(0)) % 65_521
  return sum
}

test.each([1, 2, 3, 4, 5, 6])('programs in parts, seed %i', (seed) => {
  const random = seededRandom(`keys ${seed}`)
  const changes = changesOf(seed)
  const allowed = new Set<string>()
  for (const text of programs) {
    for (let attempt = 0; attempt < 6; attempt++) {
      const names = {
        a: ['k', 'g', 'n', 'id', 'k;g', undefined],
        u: ['id', 'k', undefined],
        c: ['k', 'n', undefined],
      }
      const pick = (list: readonly (string | undefined)[]) => list[random.below(list.length)]
      // Equal keys of both sides are what most joins need.
      const same = pick(names.a)
      const keys = {
        a: same,
        b: random.below(3) === 0 ? pick(names.a) : same,
        u: pick(names.u),
        c: pick(names.c),
      }
      const bound = bindFlinkProgram({ text: `${tables(keys)}${text};`, fileName: 'law.sql' })
      expect(
        bound.diagnostics.filter(({ severity }) => severity === 'error'),
        text,
      ).toEqual([])
      const program = random.below(2) === 0 ? bound.program! : optimizeChangelog(bound.program!)
      if (parallelKeys(program).problem !== undefined) continue
      allowed.add(text)
      const places = new Map<Change, number>()
      for (const change of changes) {
        const key = keys[change.table as keyof typeof keys]
        const at = key?.split(';').map((column) => columns[change.table]!.indexOf(column))
        places.set(change, at === undefined ? random.below(3) : hash(partitionKeyText(change.row, at)) % 3)
      }
      const one = run(
        program,
        changes,
        1,
        () => 0,
        () => 0,
      )
      const parts = run(
        program,
        changes,
        3,
        (change) => places.get(change)!,
        (choices) => random.below(choices),
      )
      expect(parts, `${text} keyed by ${JSON.stringify(keys)}`).toEqual(one)
    }
  }
  expect(allowed.size).toBeGreaterThan(25)
})
