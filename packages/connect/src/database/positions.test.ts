/**
 * Rows are written exactly once with positions, whatever dies and whenever: an app whose process is killed at any statement to the
 * database (before it, or before its answer) or at any commit of its own store, and started again, perhaps with other lanes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AppDefinition,
  DeadLetters,
  deadLetterTable,
  type FunctionHandler,
  type InProcessApp,
  mappingDefaults,
  runInProcess,
} from '@millrace/runtime'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testContext } from '../testing/function-context.ts'
import { databaseSink } from './database-sink.ts'
import { mysqlDialect } from './mysql/mysql-dialect.ts'
import { postgresDialect } from './postgres/postgres-dialect.ts'
import { readSinkOptions } from './sink-options.ts'
import {
  isInstalled,
  openTestDatabase,
  recordOf,
  startMs,
  type TestDatabase,
} from './testing/database-kit.ts'
import { Killed, Killer, killedDialect } from './testing/killed-dialect.ts'

const isNightly = process.env.MILLRACE_NIGHTLY === '1'
const count = 26
/** Bad while the table refuses negative numbers. */
const isBad = (n: number) => n % 9 === 4

/** A run may come back while the database works. */
async function runUntil(running: InProcessApp, isOver: () => boolean | Promise<boolean>): Promise<void> {
  do await running.runToEnd()
  while (!(await isOver()))
}

for (const kind of ['mariadb', 'postgres'] as const) {
  describe.skipIf(!(await isInstalled(kind)))(`on ${kind}`, () => {
    let database: TestDatabase
    beforeAll(async () => {
      database = await openTestDatabase(kind)
      await database.run('CREATE TABLE events (n INT, CHECK (n >= 0))')
    })
    afterAll(() => database[Symbol.asyncDispose]())

    const sinkOf = (killer = new Killer(Number.POSITIVE_INFINITY, 'before')): FunctionHandler => {
      const options = {
        url: database.url,
        table: 'events',
        mode: 'append',
        positions: { table: 'millrace_positions' },
        columns: { n: (record: { json<T>(): T }) => record.json<{ n: number }>().n },
      } as const
      const settings = readSinkOptions('sink', options)
      const dialect = (kind === 'mariadb' ? mysqlDialect : postgresDialect)(
        options.url,
        settings.statementBytes,
      )
      return databaseSink({ sink: 'sink', dialect: killedDialect(dialect, killer), settings })
    }
    const written = async () =>
      (await database.rows('SELECT n FROM events ORDER BY n')).map(([n]) => Number(n))

    const appOf = (handler: FunctionHandler, parallelization: number): AppDefinition => ({
      name: 'test',
      streams: [{ name: 'in', shards: 2, retentionMs: 7 * 86_400_000 }],
      tables: [],
      stages: [
        {
          kind: 'function',
          name: 'sink',
          from: 'in',
          mapping: { ...mappingDefaults, batchSize: 4, parallelization, maxRetries: 0 },
          code: { form: 'batch', handler },
        },
      ],
    })

    /** One life of the app. The store dies with the killer, or at its own commit `storeAt`. */
    const live = async (
      dir: string,
      killer: Killer,
      parallelization: number,
      storeAt = Number.POSITIVE_INFINITY,
    ): Promise<{ readonly isOver: boolean; readonly commits: number }> => {
      let commits = 0
      const clock = new VirtualClock(startMs)
      const probe = () => {
        if (commits++ === storeAt) killer.isDead = true
        killer.check()
      }
      const app = appOf(sinkOf(killer), parallelization)
      const running = await runInProcess({ app, dataDir: dir, clock, random: seededRandom(1), probe }).catch(
        (error: unknown) => {
          if (killer.isDead) return undefined
          throw error
        },
      )
      if (running === undefined) return { isOver: false, commits }
      try {
        if (running.store.stream('in')!.shardInfos.every(({ next }) => next === 0)) {
          running.store.commit((transaction) => {
            for (let n = 0; n < count; n++) {
              const data = Buffer.from(JSON.stringify({ n: isBad(n) ? -n : n }))
              transaction.append('in', [{ key: Buffer.from(`key-${n % 7}`), data }])
            }
          })
        }
        await runUntil(running, () => {
          const [stage] = running.report().stages
          return stage!.in === count && stage!.inFlight === 0
        })
        await running.close()
        return { isOver: true, commits }
      } catch (error) {
        if (!killer.isDead) throw error
        await running.close().catch(() => {})
        return { isOver: false, commits }
      }
    }

    const check = async (dir: string, what: string) => {
      const good = Array.from({ length: count }, (_, n) => n).filter((n) => !isBad(n))
      expect(await written(), what).toEqual(good)
      const clock = new VirtualClock(startMs)
      // Bad rows are dead letters, each once; when the table takes them they are redriven, and written once.
      const running = await runInProcess({
        app: appOf(sinkOf(), 3),
        dataDir: dir,
        clock,
        random: seededRandom(1),
      })
      const dead = [...running.store.scan(deadLetterTable.name)].map(({ json }) =>
        JSON.parse(Buffer.from(json).toString()),
      )
      expect(
        dead.map(({ text }) => -JSON.parse(text).n).sort((a, b) => a - b),
        what,
      ).toEqual(Array.from({ length: count }, (_, n) => n).filter(isBad))
      await running.close()
    }

    const tryOut = async (at: number, fate: 'before' | 'after', storeAt?: number) => {
      const dir = mkdtempSync(join(tmpdir(), 'millrace-positions-'))
      try {
        await database.run('DELETE FROM events')
        const killer = new Killer(at, fate)
        const first = await live(dir, killer, 2, storeAt)
        const what = `killed ${fate} statement ${at}, store at ${storeAt}`
        // Another number of lanes, killed again, and then to the end.
        if (!first.isOver) await live(dir, new Killer(at % 11, 'after'), 3)
        for (let life = 0; ; life++) {
          expect(life, what).toBeLessThan(3)
          if ((await live(dir, new Killer(Number.POSITIVE_INFINITY, 'before'), 1)).isOver) break
        }
        await check(dir, what)
        return { statements: killer.count, commits: first.commits }
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    }

    test('killed at any statement or commit, each record is written once, and each bad one is a dead letter', async () => {
      const calm = await tryOut(Number.POSITIVE_INFINITY, 'before')
      expect(calm.statements).toBeGreaterThan(50)
      expect(calm.commits).toBeGreaterThan(5)
      const random = seededRandom(isNightly ? 1 : startMs + calm.statements)
      const points = [
        ...Array.from({ length: calm.statements }, (_, at) => [at, 'before', undefined] as const),
        ...Array.from({ length: calm.statements }, (_, at) => [at, 'after', undefined] as const),
        ...Array.from({ length: calm.commits }, (_, at) => [Number.POSITIVE_INFINITY, 'before', at] as const),
      ]
      const chosen = isNightly
        ? points
        : Array.from({ length: 8 }, () => points[random.below(points.length)]!)
      for (const [at, fate, storeAt] of chosen) await tryOut(at, fate, storeAt)
    }, 600_000)

    test('redriven dead letters are written once, though their sequences are behind the position', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'millrace-positions-'))
      await database.run('DELETE FROM events')
      await live(dir, new Killer(Number.POSITIVE_INFINITY, 'before'), 2)
      await database.run(
        kind === 'mariadb'
          ? 'ALTER TABLE events DROP CONSTRAINT CONSTRAINT_1'
          : 'ALTER TABLE events DROP CONSTRAINT events_n_check',
      )
      for (const at of [7, 4, Number.POSITIVE_INFINITY]) {
        const killer = new Killer(at, 'after')
        const clock = new VirtualClock(startMs)
        const probe = () => killer.check()
        const app = appOf(sinkOf(killer), 2)
        const running = await runInProcess({ app, dataDir: dir, clock, random: seededRandom(1), probe })
        try {
          await new DeadLetters(running.store).redrive({ stage: 'sink' })
          await runUntil(running, async () => (await written()).length === count)
        } catch (error) {
          if (!(error instanceof Killed) && !killer.isDead) throw error
        }
        await running.close().catch(() => {})
      }
      expect((await written()).map(Math.abs).sort((a, b) => a - b)).toEqual(
        Array.from({ length: count }, (_, n) => n),
      )
      await database.run('DELETE FROM events; ALTER TABLE events ADD CHECK (n >= 0)')
      rmSync(dir, { recursive: true, force: true })
    })

    test('two data directories with equal names do not know of each other', async () => {
      await database.run('DELETE FROM events')
      const dirs = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'millrace-positions-')))
      for (const dir of dirs) await live(dir, new Killer(Number.POSITIVE_INFINITY, 'before'), 2)
      const good = Array.from({ length: count }, (_, n) => n).filter((n) => !isBad(n))
      expect(await written()).toEqual(good.flatMap((n) => [n, n]))
      for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
    })

    test('a data directory that was put back from a copy is found out before a record is lost', async () => {
      await database.run('DELETE FROM events')
      const records = Array.from({ length: 10 }, (_, n) => recordOf(n, { n }))
      const log = { uid: 'copied', sequences: records.map(({ sequence }) => sequence) }
      await sinkOf()(records, testContext({ log }))
      // Sequence 6 again, but of what arrived after the copy was put back.
      const other = recordOf(6, { n: 100 }, { arrivalTimeMs: startMs + 1000 })
      const failing = sinkOf()([other], testContext({ log: { uid: 'copied', sequences: [6] } }))
      await expect(Promise.resolve(failing)).rejects.toThrow(
        /SINK_POSITIONS .* delete the rows with uid 'copied'/,
      )
      expect(await written()).toEqual(records.map(({ sequence }) => sequence))
    })
  })
}
