/**
 * What applications do to a database, at random: sessions side by side, each with transactions of inserts, updates, deletes and
 * changes of keys, savepoints and rollbacks, now and then a big one; and between them changes of tables: columns that come, go and
 * get other names and types, tables that swap their names, tables that are emptied.
 *
 * The statements follow from the seed; how they interleave is the database's. Whoever waits too long for a lock, or comes second
 * with a key, rolls back and goes on.
 */
import { type Random, seededRandom, systemClock } from '@millrace/values'
import {
  isConflict,
  isDisconnect,
  type LiveDatabase,
  type LiveKind,
  type LiveSession,
} from './live-database.ts'

export interface WorkloadOptions {
  readonly database: LiveDatabase
  readonly url: string
  readonly random: Random
  readonly sessions: number
  /** Of each session. */
  readonly transactions: number
  /** Rows of a big transaction. */
  readonly bigRows: number
  readonly withTableChanges: boolean
  /** After a lost connection: waits until the server may be there again. */
  readonly reconnect?: () => Promise<void>
}

const pauseMsMax = 20

interface Table {
  readonly name: string
  /** A new row's values, in the order of the columns named. */
  readonly columns: readonly string[]
  values(random: Random): string[]
  /** Which rows a change is about. */
  where(random: Random): string
  /** One assignment of a column that is no key. */
  assign(random: Random): string
  /** One assignment that changes the key. */
  readonly move: ((random: Random) => string) | undefined
}

const texts = [
  '',
  'plain',
  "it's",
  'a\\b',
  'ä ö ü ß',
  '日本語',
  'emoji 🎉 here',
  'line\nbreak',
  'tab\there',
  '{"a":1}',
  'NULL',
]

function text(random: Random): string {
  const word = texts[random.below(texts.length)] ?? ''
  return `${word}${random.below(1000)}`
}

export function quoted(kind: LiveKind, value: string): string {
  const escaped = value.replaceAll("'", "''")
  return kind === 'postgres' ? `'${escaped}'` : `'${escaped.replaceAll('\\', '\\\\')}'`
}

const maybeNull = (random: Random, sql: string): string => (random.below(5) === 0 ? 'NULL' : sql)

function decimal(random: Random): string {
  return `${random.below(2) === 0 ? '-' : ''}${random.below(100_000)}.${String(random.below(100)).padStart(2, '0')}`
}

function time(random: Random): string {
  const at = new Date(random.below(4_000_000) * 1_000_000).toISOString().slice(0, 19).replace('T', ' ')
  return `'${at}.${String(random.below(1_000_000)).padStart(6, '0')}'`
}

/** Words that a collation takes for equal or sorts otherwise than their bytes. */
const words = [
  'apple',
  'Apple',
  'APPLE',
  'äpfel',
  'Zebra',
  'zebra',
  'éclair',
  'Eclair',
  'straße',
  'strasse',
  'ñu',
  'nu',
  '_x',
  'x y',
  'x',
]

const word = (random: Random): string => `${words[random.below(words.length)] ?? ''}${random.below(40)}`

function tables(kind: LiveKind): readonly Table[] {
  const q = (value: string) => quoted(kind, value)
  const swapTable = (name: string): Table => ({
    name,
    columns: ['id', 'origin'],
    values: (random) => [String(random.below(300)), q(text(random))],
    where: (random) => `id = ${random.below(300)}`,
    assign: (random) => `origin = ${q(text(random))}`,
    move: undefined,
  })
  return [
    {
      name: 'orders',
      columns: ['id', 'customer', 'amount', 'note', 'at'],
      values: (random) => [
        String(random.below(2_000)),
        q(text(random)),
        maybeNull(random, decimal(random)),
        maybeNull(random, q(text(random).repeat(random.below(30) === 0 ? 400 : 1))),
        time(random),
      ],
      where: (random) => {
        const id = random.below(2_000)
        return `id BETWEEN ${id} AND ${id + random.below(40)}`
      },
      assign: (random) =>
        random.below(2) === 0
          ? `amount = ${maybeNull(random, decimal(random))}`
          : `customer = ${q(text(random))}`,
      move: (random) => `id = id + ${1 + random.below(2_000)}`,
    },
    {
      name: 'words',
      columns: ['word', 'n'],
      values: (random) => [q(word(random)), String(random.below(1_000_000))],
      where: (random) => `word = ${q(word(random))}`,
      assign: (random) => `n = n + ${random.below(1_000)}`,
      move: (random) => `word = ${q(word(random))}`,
    },
    {
      name: 'pairs',
      columns: ['a', 'b', 'v'],
      values: (random) => [
        String(random.below(20) - 10),
        q(`b${random.below(20)}`),
        maybeNull(random, q(text(random))),
      ],
      where: (random) => `a = ${random.below(20) - 10}`,
      assign: (random) => `v = ${maybeNull(random, q(text(random)))}`,
      move: (random) => `a = a + ${random.below(5) - 2}, b = ${q(`b${random.below(40)}`)}`,
    },
    {
      name: 'journal',
      columns: ['n', 'entry'],
      values: (random) => [String(random.below(30)), maybeNull(random, q(text(random)))],
      where: (random) => `n = ${random.below(30)}`,
      assign: (random) => `entry = ${maybeNull(random, q(text(random)))}`,
      move: undefined,
    },
    swapTable('swap_a'),
    swapTable('swap_b'),
  ]
}

export const tableNames = ['orders', 'words', 'pairs', 'journal', 'swap_a', 'swap_b']

export function createTables(kind: LiveKind): readonly string[] {
  const isPostgres = kind === 'postgres'
  const collated = isPostgres ? 'COLLATE "en-US-x-icu"' : 'CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci'
  const time6 = isPostgres ? 'timestamp(6)' : 'datetime(6)'
  const all = [
    `CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer varchar(100) NOT NULL, amount decimal(12,2), note text, at ${time6} NOT NULL)`,
    `CREATE TABLE shop.words (word varchar(60) ${collated} PRIMARY KEY, n int NOT NULL)`,
    `CREATE TABLE shop.pairs (a int, b varchar(20), v varchar(100), PRIMARY KEY (b, a))`,
    'CREATE TABLE shop.journal (n int, entry varchar(200))',
    'CREATE TABLE shop.swap_a (id int PRIMARY KEY, origin varchar(200) NOT NULL)',
    'CREATE TABLE shop.swap_b (id int PRIMARY KEY, origin varchar(200) NOT NULL)',
    'CREATE TABLE shop.marker (id int PRIMARY KEY)',
  ]
  if (!isPostgres) return ['CREATE DATABASE shop CHARACTER SET utf8mb4', ...all]
  // `words` stays as it comes: there the log has only keys of what was.
  const full = ['orders', 'pairs', 'journal', 'swap_a', 'swap_b'].map(
    (table) => `ALTER TABLE shop.${table} REPLICA IDENTITY FULL`,
  )
  return ['CREATE SCHEMA shop', ...all, ...full]
}

/** One statement of many rows, without those whose key is there. */
export function insertSome(kind: LiveKind, random: Random, count: number, name?: string): string {
  const all = tables(kind)
  const table = all.find((other) => other.name === name) ?? all[random.below(all.length)] ?? all[0]
  if (table === undefined) throw new Error('no tables')
  const rows = Array.from({ length: count }, () => `(${table.values(random).join(', ')})`)
  const ignore = kind === 'postgres' ? ['', ' ON CONFLICT DO NOTHING'] : [' IGNORE', '']
  return `INSERT${ignore[0]} INTO shop.${table.name} (${table.columns.join(', ')}) VALUES ${rows.join(', ')}${ignore[1]}`
}

function change(kind: LiveKind, random: Random, bigRows: number): string {
  const all = tables(kind)
  const table = all[random.below(all.length)]
  if (table === undefined) throw new Error('no tables')
  const kindOfChange = random.below(20)
  if (kindOfChange < 8) return insertSome(kind, random, 1 + random.below(6), table.name)
  if (kindOfChange === 8) return insertSome(kind, random, 1 + random.below(bigRows), table.name)
  if (kindOfChange < 15)
    return `UPDATE shop.${table.name} SET ${table.assign(random)} WHERE ${table.where(random)}`
  if (kindOfChange < 17 && table.move !== undefined) {
    return `UPDATE shop.${table.name} SET ${table.move(random)} WHERE ${table.where(random)}`
  }
  return `DELETE FROM shop.${table.name} WHERE ${table.where(random)}`
}

/**
 * Statements that change tables, each a commit of its own on MySQL. The log of Postgres shows columns only where a row comes, without
 * what was done to them: there one change at a time, and a row after each, so that what happened can be told.
 */
function tableChange(kind: LiveKind, random: Random): readonly string[] {
  // A name comes once: no log tells a column from one that took its name and its place while no row was written.
  const number = random.below(2 ** 31)
  const isPostgres = kind === 'postgres'
  const columns = (...statements: readonly string[]) =>
    isPostgres
      ? statements.flatMap((sql, i) => [
          sql,
          `INSERT INTO shop.pairs (a, b) VALUES (${number}, 'after ${i}')`,
        ])
      : statements
  switch (random.below(9)) {
    case 0:
    case 1:
      return columns(`ALTER TABLE shop.pairs ADD COLUMN extra_${number} int`)
    case 2:
      return columns(
        `ALTER TABLE shop.pairs ADD COLUMN gone_${number} varchar(20)`,
        `UPDATE shop.pairs SET gone_${number} = 'x' WHERE a > 0`,
        `ALTER TABLE shop.pairs DROP COLUMN gone_${number}`,
      )
    case 3:
      return columns(
        `ALTER TABLE shop.pairs ADD COLUMN old_${number} int`,
        `UPDATE shop.pairs SET old_${number} = a`,
        `ALTER TABLE shop.pairs RENAME COLUMN old_${number} TO new_${number}`,
        `UPDATE shop.pairs SET new_${number} = 7 WHERE a = 1`,
      )
    case 4:
      return isPostgres
        ? ['ALTER TABLE shop.words ALTER COLUMN n TYPE bigint']
        : ['ALTER TABLE shop.words MODIFY COLUMN n bigint NOT NULL']
    case 5:
      return isPostgres
        ? [
            'BEGIN',
            'ALTER TABLE shop.swap_a RENAME TO swap_tmp',
            'ALTER TABLE shop.swap_b RENAME TO swap_a',
            'ALTER TABLE shop.swap_tmp RENAME TO swap_b',
            'COMMIT',
          ]
        : [
            'RENAME TABLE shop.swap_a TO shop.swap_tmp, shop.swap_b TO shop.swap_a, shop.swap_tmp TO shop.swap_b',
          ]
    case 6:
      return ['TRUNCATE TABLE shop.journal']
    case 7:
      return ['TRUNCATE TABLE shop.swap_a']
    default:
      return isPostgres ? ['TRUNCATE TABLE shop.swap_a, shop.swap_b'] : ['TRUNCATE TABLE shop.words']
  }
}

/** Runs until every session has done its transactions. */
export async function runWorkload(options: WorkloadOptions): Promise<void> {
  const seeds = Array.from({ length: options.sessions }, () => options.random.below(2 ** 31))
  await Promise.all(seeds.map((seed) => runSession(options, seed)))
}

async function runSession(options: WorkloadOptions, seed: number): Promise<void> {
  const { database, url, reconnect } = options
  const random = seededRandom(seed)
  let session: LiveSession | undefined
  for (let i = 0; i < options.transactions; ) {
    try {
      session ??= await open(database, url)
      // Not as fast as it can, so that the one who follows is never far behind.
      await systemClock.sleep(random.below(pauseMsMax))
      await runTransaction(options, session, random)
      i++
    } catch (error) {
      if (isConflict(error)) {
        await session?.query('ROLLBACK').catch(() => {})
        i++
      } else if (isDisconnect(error) && reconnect !== undefined) {
        await session?.close().catch(() => {})
        session = undefined
        await reconnect()
      } else throw error
    }
  }
  await session?.close()
}

async function open(database: LiveDatabase, url: string): Promise<LiveSession> {
  const session = await database.session(url)
  await session.query(
    database.kind === 'postgres'
      ? "SET lock_timeout = '2s'"
      : 'SET innodb_lock_wait_timeout = 2, lock_wait_timeout = 5',
  )
  return session
}

async function runTransaction(
  { database: { kind }, bigRows, withTableChanges }: WorkloadOptions,
  session: LiveSession,
  random: Random,
): Promise<void> {
  if (withTableChanges && random.below(12) === 0) {
    if (kind === 'postgres') await session.query('SELECT pg_advisory_lock(1)')
    try {
      for (const sql of tableChange(kind, random)) await session.query(sql)
    } finally {
      if (kind === 'postgres') await session.query('SELECT pg_advisory_unlock(1)').catch(() => {})
    }
    return
  }
  await session.query('BEGIN')
  const changes = 1 + random.below(6)
  for (let i = 0; i < changes; i++) {
    if (random.below(6) === 0) {
      await session.query('SAVEPOINT here')
      await session.query(change(kind, random, bigRows))
      await session.query('ROLLBACK TO SAVEPOINT here')
    }
    await session.query(change(kind, random, bigRows))
  }
  await session.query(random.below(8) === 0 ? 'ROLLBACK' : 'COMMIT')
}
