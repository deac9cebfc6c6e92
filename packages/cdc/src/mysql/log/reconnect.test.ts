/** Connections that are lost: the same changes in the same order, each once, and what is given up on after that. */
import { type Clock, seededRandom, systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogEvent } from '../../model/log-event.ts'
import { findMariaDb, privateMariaDb } from '../../servers/private-mariadb.ts'
import { findMySql, privateMySql } from '../../servers/private-mysql.ts'
import { parseMysqlUrl } from '../connection/mysql-address.ts'
import { CuttingProxy } from './testing/cutting-proxy.ts'
import { LogBench } from './testing/log-bench.ts'

const never = new AbortController().signal
const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const seed = Number(process.env.MILLRACE_SEED ?? 20261121)

/** Pauses between attempts take no time; silence is never found too long. */
const hastyClock: Clock = {
  now: () => systemClock.now(),
  sleep: (ms, signal) =>
    ms < 20_000
      ? new Promise((resolve) => setImmediate(resolve))
      : new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
}

function summary(events: readonly LogEvent[]): unknown[] {
  return events.map((event) =>
    event.kind === 'row'
      ? [event.operation, event.order, event.before, event.after, event.transaction?.id]
      : [event.kind, event.order, event.transaction?.id],
  )
}

const kinds = [
  { name: 'MariaDB', isThere: (await findMariaDb()) !== undefined, start: privateMariaDb },
  { name: 'MySQL', isThere: isNightly && (await findMySql()) !== undefined, start: privateMySql },
]

describe.each(kinds)(`lost connections to a $name (seed ${seed})`, ({ isThere, start }) => {
  if (!isThere) {
    it.skip('is not installed here')
    return
  }
  let bench: LogBench
  beforeAll(async () => {
    bench = await LogBench.open(await start())
    await bench.run(
      'CREATE DATABASE shop',
      'CREATE TABLE shop.a (id INT AUTO_INCREMENT PRIMARY KEY, t VARCHAR(2000))',
      'CREATE TABLE shop.b (id INT PRIMARY KEY, n INT)',
    )
  }, 120_000)
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]()
    await bench?.server[Symbol.asyncDispose]()
  })

  async function workload(): Promise<void> {
    const random = seededRandom(`${seed} work`)
    await bench.run('TRUNCATE TABLE shop.a', 'TRUNCATE TABLE shop.b')
    for (let i = 0; i < 40; i++) {
      await bench.run('START TRANSACTION')
      for (let j = random.below(6); j >= 0; j--) {
        await bench.run(
          `INSERT INTO shop.a (t) VALUES (REPEAT('x', ${random.below(300)})), (REPEAT('y', ${random.below(100)}))`,
        )
        await bench.run(
          `INSERT INTO shop.b VALUES (${random.below(20)}, ${i}) ON DUPLICATE KEY UPDATE n = n + 1`,
        )
      }
      await bench.run(random.below(8) === 0 ? 'ROLLBACK' : 'COMMIT')
      if (random.below(10) === 0) await bench.run('FLUSH BINARY LOGS')
      if (random.below(10) === 0) await bench.run('TRUNCATE TABLE shop.b')
    }
    // One transaction of many events.
    await bench.run('INSERT INTO shop.a (t) SELECT t FROM shop.a', 'UPDATE shop.a SET t = CONCAT(t, id)')
  }

  it.each(['GTID', 'file and offset'])(
    'change nothing of what is given, by %s',
    async (way) => {
      const begin = await bench.position(way === 'GTID')
      await workload()
      const straight = summary(await bench.readAll(begin))
      expect(straight.length).toBeGreaterThan(500)
      const told = bench.statements.splice(0).map(({ text }) => text)
      const random = seededRandom(`${seed} ${way}`)
      let cuts = 0
      for (let round = 0; round < (isNightly ? 40 : 4); round++) {
        await using proxy = await CuttingProxy.open(bench.server.port, random, {
          bytesMin: isNightly ? 100 : 1000,
          bytesMax: 400_000,
        })
        const log = bench.log(begin, { port: proxy.port, clock: hastyClock })
        const events: LogEvent[] = []
        while (events.length < straight.length)
          events.push(...(await log.read(1 + random.below(100_000), never)).events)
        await log.close()
        expect(summary(events)).toEqual(straight)
        cuts += proxy.cuts
        // The tracker moves forwards only.
        expect(bench.statements.splice(0).map(({ text }) => text)).toEqual(told)
      }
      expect(cuts).toBeGreaterThan(isNightly ? 80 : 5)
    },
    120_000,
  )

  it('say that they were lost, and that it is tried again', async () => {
    await using proxy = await CuttingProxy.open(bench.server.port, seededRandom(seed), {
      bytesMin: 100,
      bytesMax: 700,
    })
    const warnings: string[] = []
    const log = bench.log(await bench.position(), {
      port: proxy.port,
      clock: hastyClock,
      warn: (code, message) => warnings.push(`${code} ${message}`),
    })
    await bench.run(
      "INSERT INTO shop.a (t) VALUES ('one')",
      "INSERT INTO shop.a (t) VALUES (REPEAT('x', 2000))",
    )
    while (warnings.length < 3) await log.read(1000, never)
    expect(warnings[0]).toMatch(
      /^CDC_CONNECT The log of the test server is not being read \(.*\); trying again\.$/,
    )
    await log.close()
  })

  it('of two readers with one server id end the older one, which says so', async () => {
    const begin = await bench.position()
    const [first, second] = [bench.log(begin, { serverId: 4711 }), bench.log(begin, { serverId: 4711 })]
    const stop = new AbortController()
    await first.read(1000, never)
    await second.read(1000, never)
    const ended = await Promise.race([
      (async () => {
        while (!stop.signal.aborted) await first.read(1000, stop.signal)
      })().catch((error: unknown) => error),
      (async () => {
        while (!stop.signal.aborted) await second.read(1000, stop.signal)
      })().catch((error: unknown) => error),
    ])
    stop.abort()
    expect(ended).toMatchObject({ code: 'CDC_OPTION', message: expect.stringContaining('server id 4711') })
    await first.close()
    await second.close()
  })

  it('to a server that is restarted go on where they were', async () => {
    const begin = await bench.position()
    await bench.run('INSERT INTO shop.b VALUES (100, 1)')
    const log = bench.log(begin, { clock: hastyClock })
    const events: LogEvent[] = [...(await log.read(1 << 20, never)).events]
    await bench.server.kill()
    const reading = log.read(1 << 20, never)
    await bench.server.start()
    const again = await LogBench.open(bench.server)
    await again.run('INSERT INTO shop.b VALUES (101, 1)')
    events.push(...(await reading).events)
    while (events.length < 2) events.push(...(await log.read(1 << 20, never)).events)
    expect(events.map((event) => event.kind === 'row' && event.after)).toEqual([
      [100, 1],
      [101, 1],
    ])
    await log.close()
    await again[Symbol.asyncDispose]()
  }, 60_000)
})

describe.skipIf(!isNightly || (await findMariaDb()) === undefined)('another server of the family', () => {
  it('goes on by GTID where the first one was left, within a transaction too', async () => {
    await using first = await privateMariaDb({ settings: { 'server-id': '11' } })
    await using second = await privateMariaDb({
      // Files of its own that have nothing to do with those of the first.
      settings: { 'server-id': '12', 'log-slave-updates': 'ON', 'log-bin': 'other-bin' },
    })
    await using one = await LogBench.open(first)
    await using two = await LogBench.open(second)
    const { host, port, user, password } = parseMysqlUrl(first.url)
    await two.run(
      `CHANGE MASTER TO MASTER_HOST = '${host}', MASTER_PORT = ${port}, MASTER_USER = '${user}', MASTER_PASSWORD = '${password}', MASTER_USE_GTID = slave_pos`,
      'START SLAVE',
    )
    await one.run('CREATE DATABASE shop', 'CREATE TABLE shop.a (id INT PRIMARY KEY, t VARCHAR(100))')
    const begin = await one.position()
    for (let id = 0; id < 60; id += 3) {
      await one.run(`INSERT INTO shop.a VALUES (${id}, 'x'), (${id + 1}, 'y'), (${id + 2}, 'z')`)
    }
    const [gtid] = await one.session.texts('SELECT @@GLOBAL.gtid_binlog_pos')
    await two.session.texts(`SELECT MASTER_GTID_WAIT('${gtid![0]}', 30)`)
    const straight = summary(await one.readAll(begin))
    expect(straight).toHaveLength(60)
    const log = one.log(begin)
    const batch = await log.read(1 << 20, never)
    await log.close()
    for (let index = 0; index < batch.events.length; index += 7) {
      const position = JSON.parse(JSON.stringify(batch.positionAfter(index)))
      expect(summary(await two.readAll(position))).toEqual(straight.slice(index + 1))
      // By file it is refused: the file is another server's.
      const { gtids: _, ...byFile } = position
      await expect(two.readAll(byFile)).rejects.toMatchObject({ code: 'CDC_POSITION_LOST' })
    }
  }, 120_000)
})
