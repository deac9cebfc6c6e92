/**
 * Laws of reading tables in chunks, on each server that is installed: chunks of any size are the table, each row once, in the order in
 * which the server sorts the key; keys are compared in that order; and a chunk holds what its view says of the log.
 */
import { type Random, seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogPosition } from '../../log/log-reader.ts'
import type { RowChange } from '../../model/log-event.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import type { Chunk, KeyValues, TableReader } from '../../snapshot/table-reader.ts'
import { openMysqlSession } from '../connection/mysql-session.ts'
import { MysqlBench, never, serverKinds } from '../testing/mysql-bench.ts'
import { behind, orderOf } from './key-query.ts'
import { selectRows } from './row-query.ts'

const seed = process.env.MILLRACE_SEED ?? 'chunks'
const scale = process.env.MILLRACE_NIGHTLY === '1' ? 5 : 1

const keys: readonly {
  readonly key: string
  readonly columns: string
  readonly values: (random: Random) => string
}[] = [
  { key: 'a', columns: 'a INT', values: (random) => `${random.below(2000) - 1000}` },
  {
    key: 'a',
    columns: 'a BIGINT UNSIGNED',
    values: (random) => `${(1n << 63n) + BigInt(random.below(500))}`,
  },
  {
    key: 'a',
    columns: 'a DECIMAL(30,2)',
    values: (random) => `${random.below(100) - 50}12345678901234567890.${random.below(90) + 10}`,
  },
  { key: 'a', columns: 'a VARCHAR(20)', values: (random) => word(random) },
  {
    key: 'a',
    columns: 'a VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci',
    values: (random) => word(random, 'aAbßsäÄ_ '),
  },
  { key: 'a', columns: 'a CHAR(8) COLLATE utf8mb4_bin', values: (random) => word(random) },
  {
    key: 'b, a',
    columns: 'a SMALLINT, b VARCHAR(5)',
    values: (random) => `${random.below(5)}, ${word(random, 'ab ')}`,
  },
  {
    key: 'a, b, c',
    columns: 'a TINYINT, b DATE, c VARBINARY(5)',
    values: (random) =>
      `${random.below(3)}, '2024-01-0${1 + random.below(9)}', X'${random.below(256).toString(16).padStart(2, '0')}${'00'.repeat(random.below(3))}'`,
  },
  { key: 'a', columns: "a ENUM('z','m','a'), b INT", values: (random) => `'${'zma'[random.below(3)]}', 1` },
  {
    key: 'a, b',
    columns: "a SET('z','m','a'), b INT",
    values: (random) => `${random.below(8)}, ${random.below(9)}`,
  },
  {
    key: 'a',
    columns: 'a DATETIME(3)',
    values: (random) => `'2024-02-${10 + random.below(19)} 10:00:00.${100 + random.below(900)}'`,
  },
  {
    key: 'a',
    columns: 'a TIMESTAMP(6)',
    values: (random) => `'2024-02-${10 + random.below(19)} 10:00:00.${100000 + random.below(900000)}'`,
  },
  {
    key: 'a',
    columns: 'a TIME(1)',
    values: (random) =>
      `'${random.below(2) ? '-' : ''}${random.below(800)}:00:0${random.below(9)}.${random.below(9)}'`,
  },
  { key: 'a', columns: 'a BIT(40)', values: (random) => `${random.below(2 ** 31)} * 300` },
  { key: 'a', columns: 'a FLOAT', values: (random) => `${(random.below(1e6) - 5e5) / 7}` },
  {
    key: 'a',
    columns: 'a DOUBLE',
    values: (random) => `${(random.below(1e6) - 5e5) / 7}e${random.below(20)}`,
  },
  { key: 'a', columns: 'a YEAR', values: (random) => `${1901 + random.below(254)}` },
  { key: 'a(3)', columns: 'a VARCHAR(20)', values: (random) => word(random) },
]
const mariadbKeys = [
  {
    key: 'a',
    columns: 'a UUID',
    values: (random: Random) =>
      `'${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}'`,
  },
  { key: 'a', columns: 'a INET6', values: (random: Random) => `'${hex(random, 4)}::${hex(random, 4)}'` },
]

for (const kind of serverKinds) {
  describe.skipIf(!kind.isInstalled)(`chunks of ${kind.name}`, () => {
    let bench: MysqlBench
    beforeAll(async () => {
      bench = await MysqlBench.start(kind)
      await bench.run('CREATE DATABASE shop CHARACTER SET utf8mb4')
    }, 60_000)
    afterAll(() => bench?.[Symbol.asyncDispose]())

    const all = kind.name === 'MariaDB' ? [...keys, ...mariadbKeys] : keys
    it.each(all.map((entry, i) => ({ ...entry, table: `k${i}` })))(
      'are the rows in the order of the key ($columns; key $key)',
      async ({ table, key, columns, values }) => {
        const random = seededRandom(`${seed} ${columns}`)
        await bench.run(`CREATE TABLE shop.${table} (${columns}, PRIMARY KEY (${key}))`)
        const rows = Array.from({ length: 120 * scale }, () => `(${values(random)})`)
        await bench.run(`INSERT IGNORE INTO shop.${table} VALUES ${rows.join(', ')}`)
        const schema = await bench.schema({ schema: 'shop', table })
        await using reader = await bench.database.openTable(schema)
        const whole = await reader.readChunk(undefined, { rowsMax: 100_000, bytesMax: 1 << 28 }, never)
        const sorted = await bench.session.texts(
          `SELECT CONCAT_WS(',', ${plainKey(key)}) FROM shop.${table} ORDER BY ${plainKey(key)}`,
        )
        expect(whole.rows.length).toBe(sorted.length)
        const asText = await bench.session.texts(
          `SELECT CONCAT_WS(',', ${plainKey(key)}) FROM shop.${table} ORDER BY ${orderOf(schema)}`,
        )
        expect(asText).toEqual(sorted)
        for (const rowsMax of [1, 7, 1000]) {
          const chunks = await readChunks(reader, rowsMax)
          expect(chunks.flatMap(({ rows }) => rows)).toEqual(whole.rows)
          expect(chunks.at(-1)?.last).toBeUndefined()
        }
        // Bytes bound a chunk as well.
        const [small] = await readChunks(reader, 1000, 200)
        if (whole.rows.length > 30) expect(small!.rows.length).toBeLessThan(whole.rows.length)
        const places = whole.rows.map((row) => schema.key.map((i) => row[i]))
        for (const bound of [0, places.length >> 1, places.length - 1]) {
          const answers = await reader.areAtMost(places, places[bound]!, never)
          expect(answers).toEqual(places.map((_, i) => i <= bound))
        }
      },
    )

    it('are found by the index, not by sorting', async () => {
      await bench.run(
        'CREATE TABLE shop.wide (a INT, b VARCHAR(20), c INT, x TEXT, PRIMARY KEY (a, b, c), KEY (c))',
      )
      await bench.run(
        `INSERT INTO shop.wide WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)
         SELECT i DIV 100, CONCAT('b', i DIV 10), i, 'x' FROM n`,
      )
      await bench.run('ANALYZE TABLE shop.wide')
      const schema = await bench.schema({ schema: 'shop', table: 'wide' })
      const { sql, values } = behind(schema, [4, 'b45', 455])
      const table = {
        schema,
        table: {
          ...schema,
          collation: '',
          keys: [{ name: 'PRIMARY', isUnique: true, columns: ['a', 'b', 'c'], isPartial: false }],
        },
      }
      const [plan] = await bench.session.named(
        `EXPLAIN FORMAT=TRADITIONAL ${selectRows(table)} WHERE ${sql} ORDER BY ${orderOf(schema)} LIMIT 10`,
        values,
      )
      expect(plan?.get('type')).toBe('range')
      expect(plan?.get('key')).toBe('PRIMARY')
      expect(plan?.get('extra') ?? '').not.toMatch(/filesort/)
    })

    it('say how they stand to the log, while others write', async () => {
      await bench.run('CREATE TABLE shop.accounts (id INT PRIMARY KEY, amount INT NOT NULL)')
      await bench.run(
        `INSERT INTO shop.accounts WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i, 0 FROM n`,
      )
      const schema = await bench.schema({ schema: 'shop', table: 'accounts' })
      const start = await bench.database.currentPosition()
      const before = new Map((await rowsOf(bench, schema)).map((row) => [row[0], row[1]]))
      const stop = new AbortController()
      const writers = [1, 2, 3].map((writer) => writeUntil(bench, writer, stop.signal))
      const chunks: Chunk[] = []
      await using reader = await bench.database.openTable(schema)
      for (let i = 0; i < 15 * scale; i++) {
        chunks.push(await reader.readChunk(undefined, { rowsMax: 1000, bytesMax: 1 << 28 }, never))
      }
      stop.abort()
      await Promise.all(writers)
      const changes = await changesFrom(bench, start, schema)
      expect(changes.length).toBeGreaterThan(20)
      for (const chunk of chunks) checkView(chunk, before, changes)
    }, 60_000)

    it('of a table without a key are one moment of it', async () => {
      await bench.run('CREATE TABLE shop.entries (id INT, note VARCHAR(50))')
      await bench.run(
        `INSERT INTO shop.entries WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', 50) FROM n`,
      )
      const schema = await bench.schema({ schema: 'shop', table: 'entries' })
      expect(schema.key).toEqual([])
      const start = await bench.database.currentPosition()
      await using reader = await bench.database.openTable(schema)
      const ids: unknown[] = []
      const views = new Set<unknown>()
      let count = 0
      let isAtEnd = false
      for await (const { rows, last, view } of reader.readWhole({ rowsMax: 100, bytesMax: 1 << 28 }, never)) {
        if (count++ === 1) await bench.run('DELETE FROM shop.entries WHERE id > 10')
        ids.push(...rows.map(([id]) => id))
        views.add(view)
        isAtEnd = last === undefined
      }
      expect(isAtEnd).toBe(true)
      expect(new Set(ids).size).toBe(900)
      expect(views.size).toBe(1)
      const [view] = views as Set<Chunk['view']>
      const [change] = await changesFrom(bench, start, schema)
      expect(view!.contains(change!.transaction!, change!.position)).toBe('no')
      expect(view!.isPassedBy(start)).toBe(true)
    })

    it('have keys that are compared as they were logged, though their table is gone by now', async () => {
      await bench.run('CREATE TABLE shop.gone (code VARCHAR(9) PRIMARY KEY)')
      const schema = await bench.schema({ schema: 'shop', table: 'gone' })
      await using reader = await bench.database.openTable(schema)
      await bench.run('DROP TABLE shop.gone')
      expect(await reader.areAtMost([['a'], ['B'], ['c']], ['b'], never)).toEqual([true, true, false])
    })

    it('follow the table as it is, and say when it is gone', async () => {
      await bench.run(
        'CREATE TABLE shop.moving (id INT PRIMARY KEY)',
        'INSERT INTO shop.moving VALUES (1), (2)',
      )
      const schema = await bench.schema({ schema: 'shop', table: 'moving' })
      await using reader = await bench.database.openTable(schema)
      const limits = { rowsMax: 1, bytesMax: 1 << 20 }
      const first = await reader.readChunk(undefined, limits, never)
      expect(first.schema).toBe(schema)
      await bench.run('ALTER TABLE shop.moving ADD COLUMN note VARCHAR(9) DEFAULT "new" FIRST')
      const second = await reader.readChunk(first.last, limits, never)
      expect(second.schema.columns.map(({ name }) => name)).toEqual(['note', 'id'])
      expect(second.rows).toEqual([['new', 2]])
      await bench.run(
        'ALTER TABLE shop.moving DROP PRIMARY KEY, ADD COLUMN number INT AUTO_INCREMENT PRIMARY KEY',
      )
      await expect(reader.readChunk(first.last, limits, never)).rejects.toMatchObject({
        code: 'CDC_TABLE_MISSING',
      })
      await bench.run('DROP TABLE shop.moving')
      await expect(reader.readChunk(first.last, limits, never)).rejects.toMatchObject({
        code: 'CDC_TABLE_MISSING',
      })
    })
  })
}

type PlacedChange = RowChange & { readonly position: LogPosition }

async function readChunks(reader: TableReader, rowsMax: number, bytesMax = 1 << 28): Promise<Chunk[]> {
  const chunks: Chunk[] = []
  let after: KeyValues | undefined
  do {
    const chunk = await reader.readChunk(after, { rowsMax, bytesMax }, never)
    expect(chunk.rows.length).toBeLessThanOrEqual(rowsMax)
    chunks.push(chunk)
    after = chunk.last
  } while (after !== undefined)
  return chunks
}

async function rowsOf(bench: MysqlBench, schema: TableSchema) {
  await using reader = await bench.database.openTable(schema)
  return (await reader.readChunk(undefined, { rowsMax: 100_000, bytesMax: 1 << 28 }, never)).rows
}

/** Transactions of several rows each, over a session of its own. */
async function writeUntil(bench: MysqlBench, writer: number, signal: AbortSignal): Promise<void> {
  await using session = await openMysqlSession(bench.session.address, never)
  const random = seededRandom(`${seed} writer ${writer}`)
  for (let i = 1; !signal.aborted && i < 5000; i++) {
    await session.run('START TRANSACTION')
    // In the order of the key, so that writers wait for each other and none is refused.
    const ids = [random.below(200) + 1, random.below(200) + 1].sort((a, b) => a - b)
    for (const id of ids)
      await session.run(`UPDATE shop.accounts SET amount = ${writer * 1e6 + i} WHERE id = ${id}`)
    await session.run('COMMIT')
  }
}

async function changesFrom(
  bench: MysqlBench,
  start: LogPosition,
  schema: TableSchema,
): Promise<PlacedChange[]> {
  const log = await bench.database.openLog(start, {
    isSelected: ({ table }) => table === schema.table,
    schemas: () => [schema],
  })
  const changes: PlacedChange[] = []
  for (let isDone = false; !isDone; ) {
    const batch = await log.read(1 << 16, never)
    for (const [i, event] of batch.events.entries()) {
      if (event.kind === 'row') changes.push({ ...event, position: batch.positionAfter(i) })
    }
    isDone = batch.isCaughtUp
  }
  await log.close()
  return changes
}

/** What is surely contained, and a part of what may be, in the order of the log, makes of the rows before the rows of the chunk. */
function checkView(
  chunk: Chunk,
  before: ReadonlyMap<unknown, unknown>,
  changes: readonly PlacedChange[],
): void {
  const answers = changes.map((change) => chunk.view.contains(change.transaction!, change.position))
  // The log's order: what is contained comes before what is not.
  const firstNo = answers.indexOf('no')
  if (firstNo !== -1) expect(answers.slice(firstNo).every((answer) => answer === 'no')).toBe(true)
  for (const [i, change] of changes.entries()) {
    const isPassed = chunk.view.isPassedBy(change.position)
    if (isPassed && i + 1 < changes.length && changes[i + 1]!.transaction !== change.transaction)
      expect(answers[i + 1]).toBe('no')
  }
  const state = new Map(before)
  const held = new Map(chunk.rows.map((row) => [row[0], row[1]]))
  const possible = new Map<unknown, Set<unknown>>()
  for (const [i, { after }] of changes.entries()) {
    const [id, amount] = after!
    if (answers[i] === 'yes') {
      state.set(id, amount)
      possible.delete(id)
    } else if (answers[i] === 'maybe') possible.set(id, (possible.get(id) ?? new Set()).add(amount))
  }
  for (const [id, amount] of held) {
    if (amount !== state.get(id)) expect([...(possible.get(id) ?? [])]).toContain(amount)
  }
}

const plainKey = (key: string) => key.replace(/\(\d+\)/g, '')
const hex = (random: Random, count: number) =>
  Array.from({ length: count }, () => random.below(16).toString(16)).join('')

function word(random: Random, alphabet = 'aAbBéEzß_ 漢'): string {
  const letters = [...alphabet]
  return `'${Array.from({ length: 1 + random.below(5) }, () => letters[random.below(letters.length)]).join('')}'`
}
