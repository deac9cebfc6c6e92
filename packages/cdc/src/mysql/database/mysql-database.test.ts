/** The database behind its port, on each server that is installed: what a check finds, where positions are, what health says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readMysqlPosition } from '../log/mysql-position.ts'
import { everyKind, MysqlBench, never, openDatabase, readToEnd } from '../testing/mysql-bench.ts'

const orders = { schema: 'shop', table: 'orders' }

for (const kind of everyKind) {
  describe.skipIf(!kind.isInstalled)(`${kind.name} as a database`, () => {
    let bench: MysqlBench
    const isMaria = kind.name === 'MariaDB'
    beforeAll(async () => {
      bench = await MysqlBench.start(kind)
      await bench.run(
        'CREATE DATABASE shop',
        'CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(20))',
      )
    }, 60_000)
    afterAll(() => bench?.[Symbol.asyncDispose]())

    it('says what it is', async () => {
      expect(bench.database.kind).toBe(isMaria ? 'mariadb' : 'mysql')
      expect(bench.database.version).toMatch(isMaria ? /^\d+\.\d+\.\d+-MariaDB$/ : /^\d+\.\d+\.\d+$/)
      expect(bench.database.name).toMatch(/^(mysql|mariadb):\/\/127\.0\.0\.1:\d+$/)
      await bench.run('CREATE VIEW shop.seen AS SELECT id FROM shop.orders')
      const tables = (await bench.database.tables()).filter(({ schema }) => schema === 'shop')
      expect(tables).toEqual([
        { ...orders, type: 'table' },
        { schema: 'shop', table: 'seen', type: 'view' },
      ])
      const schemas = await bench.database.schemas([
        { schema: 'shop', table: 'seen' },
        { schema: 'no', table: 'no' },
        orders,
      ])
      expect(schemas.map(({ table }) => table)).toEqual(['orders'])
      await bench.run('DROP VIEW shop.seen')
    })

    it('finds nothing where all is well', async () => {
      expect(await bench.database.check([orders])).toEqual([])
    })

    it('finds each setting that stands in the way, and the statement that mends it', async () => {
      const wrong: readonly [string, RegExp][] = [
        ["binlog_row_image = 'MINIMAL'", /binlog_row_image is MINIMAL/],
        [
          isMaria ? "binlog_row_metadata = 'NO_LOG'" : "binlog_row_metadata = 'MINIMAL'",
          /binlog_row_metadata is/,
        ],
        ["binlog_format = 'STATEMENT'", /binlog_format is STATEMENT/],
        [isMaria ? 'expire_logs_days = 0.5' : 'binlog_expire_logs_seconds = 43200', /purged after 12 h/],
        ...(isMaria
          ? []
          : [["binlog_row_value_options = 'PARTIAL_JSON'", /PARTIAL_JSON/] as [string, RegExp]]),
      ]
      for (const [setting, message] of wrong) {
        const [name = ''] = setting.split(' ')
        const [old] = await bench.session.texts(`SELECT @@GLOBAL.${name}`)
        await bench.run(`SET GLOBAL ${setting}`)
        const findings = await bench.database.check([orders])
        expect(findings.map((finding) => finding.message).join('\n')).toMatch(message)
        const statement = /^SET GLOBAL [^,]+/.exec(findings[0]?.next ?? '')?.[0]
        await bench.run(statement ?? 'no statement')
        expect(await bench.database.check([orders])).toEqual([])
        const value = /^[\d.]+$/.test(old?.[0] ?? '') ? old?.[0] : `'${old?.[0]}'`
        await bench.run(`SET GLOBAL ${name} = ${value}`)
      }
    })

    it('finds what is wrong with tables', async () => {
      await bench.run(
        'CREATE TABLE shop.keyless (a INT, b INT NULL, UNIQUE (b))',
        'CREATE TABLE shop.plain (a INT PRIMARY KEY) ENGINE = MyISAM',
        'CREATE TABLE shop.items (id INT PRIMARY KEY, order_id INT, FOREIGN KEY of_order (order_id) REFERENCES shop.orders (id) ON DELETE CASCADE)',
      )
      const tables = ['orders', 'keyless', 'plain', 'items', 'missing'].map((table) => ({
        schema: 'shop',
        table,
      }))
      const found = (await bench.database.check(tables))
        .map(({ level, message, next }) => `${level}: ${message} ${next}`)
        .sort()
      expect(found.length).toBe((await logsCascades(bench)) ? 3 : 4)
      expect(found[0]).toMatch(/^error: There is no table shop\.missing/)
      expect(found.join('\n')).toMatch(/warning: shop\.keyless has no primary key.*ADD PRIMARY KEY/)
      expect(found.join('\n')).toMatch(/warning: shop\.plain has the engine MyISAM.*ENGINE = InnoDB/)
      // Whether the warning is right: rows that go by the foreign key are in the log or not.
      await bench.run('INSERT INTO shop.orders VALUES (1, "x")', 'INSERT INTO shop.items VALUES (7, 1)')
      const start = await bench.database.currentPosition()
      await bench.run('DELETE FROM shop.orders')
      const log = await bench.database.openLog(start, { isSelected: () => true, schemas: () => [] })
      const deleted = (await readToEnd(log)).flatMap((event) =>
        event.kind === 'row' ? event.table.table : [],
      )
      await log.close()
      expect(deleted.includes('items')).toBe(await logsCascades(bench))
      expect(found.some((text) => text.includes('shop.items has ON DELETE CASCADE'))).toBe(
        !(await logsCascades(bench)),
      )
      await bench.run('DROP TABLE shop.items, shop.plain, shop.keyless')
    })

    it.skipIf(!isMaria)('refuses system-versioned tables', async () => {
      await bench.run('CREATE TABLE shop.kept (id INT PRIMARY KEY) WITH SYSTEM VERSIONING')
      const found = await bench.database.check([{ schema: 'shop', table: 'kept' }])
      expect(found.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
        expect.stringContaining('shop.kept is system-versioned'),
      ])
      await bench.run('DROP TABLE shop.kept')
    })

    it.skipIf(!isMaria)('leaves sequences out, whatever the log says of columns', async () => {
      for (const metadata of ['FULL', 'NO_LOG']) {
        await bench.run(`SET GLOBAL binlog_row_metadata = '${metadata}'`)
        const start = await bench.database.currentPosition()
        const log = await bench.database.openLog(start, { isSelected: () => true, schemas: () => [] })
        await bench.run('CREATE SEQUENCE shop.numbers', 'DO NEXT VALUE FOR shop.numbers')
        expect(await readToEnd(log), metadata).toEqual([])
        await log.close()
        await bench.run('DROP SEQUENCE shop.numbers')
      }
      await bench.run("SET GLOBAL binlog_row_metadata = 'FULL'")
    })

    it('needs no more rights than the check asks for', async () => {
      await bench.run("CREATE USER 'reader'@'%' IDENTIFIED BY 'pa ss@/#'")
      const url = new URL(bench.server.url)
      const open = () => openDatabase({ url: `mysql://reader:pa%20ss%40%2F%23@127.0.0.1:${url.port}/` })
      // What the check says is granted, until it says no more.
      const granted: string[] = []
      for (let i = 0; i < 5; i++) {
        const database = await open()
        const errors = (await database.check([orders])).filter(({ level }) => level === 'error')
        await database.close()
        if (errors.length === 0) break
        for (const { next } of errors) {
          granted.push(next)
          await bench.run(next)
        }
      }
      expect(granted.sort()).toEqual(
        [
          `GRANT ${isMaria ? 'BINLOG MONITOR' : 'REPLICATION CLIENT'} ON *.* TO 'reader'@'%'`,
          "GRANT REPLICATION SLAVE ON *.* TO 'reader'@'%'",
          "GRANT SELECT ON `shop`.`orders` TO 'reader'@'%'",
        ].sort(),
      )
      const database = await open()
      const [schema] = await database.schemas([orders])
      const start = await database.currentPosition()
      await bench.run("INSERT INTO shop.orders VALUES (2, 'by another')")
      const log = await database.openLog(start, {
        isSelected: ({ schema: name }) => name === 'shop',
        schemas: () => [schema!],
      })
      expect((await readToEnd(log)).map((event) => event.kind === 'row' && event.after)).toEqual([
        [2, 'by another'],
      ])
      await log.close()
      await using reader = await database.openTable(schema!)
      expect((await reader.readChunk(undefined, { rowsMax: 9, bytesMax: 1e6 }, never)).rows).toEqual([
        [2, 'by another'],
      ])
      expect(await reader.estimateRows()).toBeTypeOf('number')
      expect((await database.health(start)).behindBytes).toBeGreaterThan(0)
      await database.heartbeat()
      await database.close()
    })

    it('reads positions as people write them, and knows their order', async () => {
      const { database } = bench
      const file = database.parsePosition('mysql-bin.000001:4')
      const now = await database.currentPosition()
      expect(database.positionText(file)).toBe('mysql-bin.000001:4')
      expect(database.comparePositions(file, now)).toBeLessThan(0)
      await bench.run("INSERT INTO shop.orders VALUES (3, 'later')")
      const later = await database.currentPosition()
      expect(database.comparePositions(now, later)).toBeLessThan(0)
      expect(database.comparePositions(later, later)).toBe(0)
      const gtids = readMysqlPosition(later).gtids ?? ''
      expect(database.comparePositions(database.parsePosition(gtids), later)).toBe(0)
      expect(() => database.parsePosition('yesterday')).toThrow(/CDC_POSITION "yesterday"/)
    })

    it('says how much of its log is left to read', async () => {
      const start = await bench.database.currentPosition()
      expect((await bench.database.health(start)).behindBytes).toBe(0)
      await bench.run(
        "INSERT INTO shop.orders VALUES (4, 'x')",
        'FLUSH BINARY LOGS',
        "INSERT INTO shop.orders VALUES (5, 'y')",
      )
      const health = await bench.database.health(start)
      const sizes = new Map(
        (await bench.session.named('SHOW BINARY LOGS')).map((row) => [
          row.get('log_name'),
          Number(row.get('file_size')),
        ]),
      )
      const { file, offset } = readMysqlPosition(start)
      const end = readMysqlPosition(await bench.database.currentPosition())
      expect(health.behindBytes).toBe((sizes.get(file) ?? 0) - offset + (sizes.get(end.file) ?? 0))
      await bench.run(
        isMaria ? 'SET GLOBAL expire_logs_days = 2' : 'SET GLOBAL binlog_expire_logs_seconds = 172800',
      )
      const { expiresInMs = 0 } = await bench.database.health(start)
      expect(expiresInMs).toBeGreaterThan(172_800_000 - 120_000)
      expect(expiresInMs).toBeLessThanOrEqual(172_800_000)
    })

    it('finds the place of a time', async () => {
      const [row] = await bench.session.texts('SELECT UNIX_TIMESTAMP()')
      const now = Number(row?.[0])
      // Events have the session's time, files the machine's: of one older file and one that goes on.
      const insert = (id: number, seconds: number) =>
        bench.run(`SET timestamp = ${seconds}`, `INSERT INTO shop.orders VALUES (${id}, 'x')`)
      const [first, second, third] = [now - 5000, now + 100, now + 200]
      await insert(10, first)
      // The next file must not begin in the second that this one may have begun in.
      await bench.run('DO SLEEP(1.01)', 'FLUSH BINARY LOGS')
      await insert(11, second)
      await insert(12, third)
      await bench.run('SET timestamp = DEFAULT')
      for (const [seconds, ids] of [
        [now + 1, [11, 12]],
        [second, [11, 12]],
        [third, [12]],
        [third + 3600, []],
      ] as const) {
        const position = await bench.database.positionAtTime(seconds * 1000)
        const log = await bench.database.openLog(position!, {
          isSelected: ({ schema }) => schema === 'shop',
          schemas: () => [],
        })
        const read = (await readToEnd(log)).flatMap((event) =>
          event.kind === 'row' ? [event.after?.[0]] : [],
        )
        await log.close()
        expect({ seconds, read }).toEqual({ seconds, read: ids })
      }
      expect(await bench.database.positionAtTime(0)).toBeUndefined()
    }, 30_000)

    it('goes over to another server when the first one is away, and back', async () => {
      const { url } = bench.server
      const database = await openDatabase({ url: 'mysql://root:secret@127.0.0.1:1/', failover: [url] })
      expect((await database.schemas([orders])).length).toBe(1)
      await database.close()
      await expect(
        openDatabase({ url: url.replace(/:[0-9a-f]+@/, ':wrong@'), failover: [url] }),
      ).rejects.toMatchObject({ code: 'CDC_CONNECT' })
    })

    it('answers again after its connection was lost', async () => {
      const [row] = await bench.session.texts(
        "SELECT GROUP_CONCAT(ID) FROM INFORMATION_SCHEMA.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = 'root'",
      )
      for (const id of (row?.[0] ?? '').split(','))
        await bench.session.run(`KILL CONNECTION ${id}`).catch(() => {})
      expect((await bench.database.schemas([orders])).length).toBe(1)
    })

    it('refuses options that cannot be', async () => {
      const { url } = bench.server
      await expect(openDatabase({ url, serverId: 0 })).rejects.toMatchObject({ code: 'CDC_OPTION' })
      await expect(openDatabase({ url: 'mysql://nobody' })).rejects.toMatchObject({ code: 'CDC_URL' })
      const database = await openDatabase({ url, serverId: 1 })
      expect((await database.check([]))[0]?.message).toMatch(/serverId is 1, which is the server's own/)
      await database.close()
    })
  })
}

/** MySQL 9.6 and later. */
async function logsCascades(bench: MysqlBench): Promise<boolean> {
  const [major = 0, minor = 0] = bench.database.version.split('.').map(Number)
  return bench.database.kind === 'mysql' && (major > 9 || (major === 9 && minor >= 6))
}
