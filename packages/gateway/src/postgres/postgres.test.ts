/** The Postgres wire as the client of Node's users (pg) sees it. */
import { connect } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LakeServer, startLakeServer } from '../testing/lake-server.ts'

let server: LakeServer
beforeAll(async () => {
  server = await startLakeServer({ mode: 'verify', hasTls: true })
})
afterAll(() => server.close())

async function withClient<T>(
  work: (client: pg.Client) => Promise<T>,
  options: pg.ClientConfig = {},
): Promise<T> {
  const { id, secret } = server.owner
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: id,
    password: secret,
    database: 'open',
    ...options,
  })
  // A connection that the server ends is told of in the promise, too.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const rowsOf = async (sql: string, values?: unknown[]): Promise<unknown[]> =>
  withClient(async (client) => (await client.query(sql, values)).rows)

/** The error's fields that a client acts on. */
async function refusal(work: Promise<unknown>): Promise<Record<string, unknown>> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof pg.DatabaseError)) throw new Error(`no error of the database: ${String(error)}`)
  return { code: error.code, severity: error.severity, position: error.position, message: error.message }
}

/** As drivers do it: a connection of its own that says the session's id and secret. */
function cancelOnce(client: pg.Client): Promise<void> {
  // Not in the driver's types.
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
  const request = Buffer.alloc(16)
  for (const [i, value] of [16, 80_877_102, processID, secretKey].entries())
    request.writeInt32BE(value, i * 4)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.port }, () => socket.write(request))
    socket.resume()
    socket.once('error', reject)
    socket.once('close', () => resolve())
  })
}

describe('values', () => {
  test('come as the client expects values of their types', async () => {
    expect(await rowsOf('SELECT * FROM sales ORDER BY id LIMIT 2')).toEqual([
      {
        id: '1',
        amount: '12.50',
        sold_at: new Date(2026, 10, 21, 10, 0, 0, 250),
        tags: ['a', 'b,c', 'NULL'],
        ok: true,
        note: 'naïve',
      },
      {
        id: '2',
        amount: '-0.07',
        sold_at: new Date(1969, 11, 31, 23, 59, 59),
        tags: [],
        ok: false,
        note: null,
      },
    ])
  })

  test('have the types of Postgres, with precision and scale', async () => {
    const { fields } = await withClient((client) =>
      client.query(
        "SELECT id, amount, sold_at, tags, ok, note, {'a': 1} AS s, 1::HUGEINT AS h, 'x'::BLOB AS b FROM sales LIMIT 0",
      ),
    )
    expect(
      fields.map(({ name, dataTypeID, dataTypeModifier }) => [name, dataTypeID, dataTypeModifier]),
    ).toEqual([
      ['id', 20, -1],
      ['amount', 1700, ((10 << 16) | 2) + 4],
      ['sold_at', 1114, -1],
      ['tags', 1009, -1],
      ['ok', 16, -1],
      ['note', 25, -1],
      ['s', 114, -1],
      ['h', 1700, -1],
      ['b', 17, -1],
    ])
  })

  test('structs, maps and bytes arrive whole', async () => {
    expect(
      await rowsOf(
        `SELECT {'a': 1, 'b': [1.5, NULL]} AS s, MAP {'k': 'v"w'} AS m, '\\x00\\xFFa\\x5C'::BLOB AS b, [true, NULL] AS l, 'it''s' AS t,
         9007199254740993 AS i, [9007199254740993] AS li, 'inf'::DOUBLE AS inf, 'nan'::FLOAT AS nan`,
      ),
    ).toEqual([
      {
        s: { a: 1, b: [1.5, null] },
        m: { k: 'v"w' },
        b: Buffer.from([0, 255, 97, 92]),
        l: [true, null],
        t: "it's",
        i: '9007199254740993',
        li: ['9007199254740993'],
        inf: Number.POSITIVE_INFINITY,
        nan: Number.NaN,
      },
    ])
  })

  test('the binary forms say the same as the text', async () => {
    const sql = `SELECT id, amount::DOUBLE AS d, amount::FLOAT AS f, id::INTEGER AS i, id::SMALLINT AS s, ok, note FROM sales ORDER BY id`
    const binary = await withClient((client) => client.query({ text: sql, binary: true } as pg.QueryConfig))
    const text = await withClient((client) => client.query(sql))
    expect(binary.rows.length).toBe(3)
    expect(binary.rows.map((row) => ({ ...row, id: String(row.id) }))).toEqual(text.rows)
  })

  test('parameters take the type that their place asks for', async () => {
    expect(
      await rowsOf('SELECT id FROM sales WHERE amount > $1 AND ok = $2 AND sold_at < $3', [
        5,
        true,
        '2027-01-01',
      ]),
    ).toEqual([{ id: '1' }])
    expect(
      await rowsOf("SELECT $1::VARCHAR || '!' AS said, $2::INTEGER IS NULL AS is_null", ["it's; --", null]),
    ).toEqual([{ said: "it's; --!", is_null: true }])
  })

  test('many rows come in order and whole', async () => {
    const { rows } = await withClient((client) =>
      client.query({ text: 'SELECT i FROM range(100000) t(i)', rowMode: 'array' }),
    )
    expect(rows.length).toBe(100_000)
    expect(rows.every(([i], place) => i === String(place))).toBe(true)
  })
})

describe('the conversation', () => {
  test('several statements in one text answer one after the other', async () => {
    const results = (await withClient((client) =>
      client.query("SELECT 1 AS a; SELECT ';' AS b -- ;\n; SELECT 3 AS c"),
    )) as unknown as {
      rows: unknown[]
    }[]
    expect(results.map(({ rows }) => rows)).toEqual([[{ a: 1 }], [{ b: ';' }], [{ c: 3 }]])
  })

  test('an error has a state and its place, and the session goes on', async () => {
    await withClient(async (client) => {
      expect(await refusal(client.query('SELECT 1; SELECT nothing FROM sales'))).toMatchObject({
        code: '42703',
        severity: 'ERROR',
        position: '18',
      })
      expect(await refusal(client.query('SELECT * FROM nope'))).toMatchObject({
        code: '42P01',
        position: '15',
      })
      expect(await refusal(client.query('SELECT 1 +'))).toMatchObject({ code: '42601' })
      expect(await refusal(client.query("SELECT 'x'::INTEGER"))).toMatchObject({ code: '22P02' })
      expect(await refusal(client.query('SELECT $1::INTEGER', ['x']))).toMatchObject({ code: '22P02' })
      expect((await client.query('SELECT 7 AS n')).rows).toEqual([{ n: 7 }])
    })
  })

  test('nothing is written', async () => {
    for (const sql of [
      'INSERT INTO sales VALUES (1)',
      'CREATE TABLE t (a INT)',
      'DROP TABLE sales',
      "COPY sales TO '/tmp/x'",
      "ATTACH '/tmp/x'",
    ])
      expect(await refusal(rowsOf(sql)), sql).toMatchObject({ code: '25006' })
    expect((await refusal(rowsOf("SELECT * FROM read_csv('/etc/passwd')"))).code).toMatch(/^42/)
  })

  test('a block that failed is over when it ends, whatever its end says', async () => {
    await withClient(async (client) => {
      await client.query('BEGIN')
      await refusal(client.query('SELECT * FROM nope'))
      expect(await refusal(client.query('SELECT 1'))).toMatchObject({ code: '25P02' })
      expect((await client.query('COMMIT')).command).toBe('ROLLBACK')
      expect((await client.query('SELECT 1 AS a')).rows).toEqual([{ a: 1 }])
    })
  })

  test('settings are kept for the session, and shown', async () => {
    await withClient(async (client) => {
      await client.query("SET application_name TO 'charts'")
      expect((await client.query('SHOW application_name')).rows).toEqual([{ application_name: 'charts' }])
      expect(await refusal(client.query('SHOW nothing_like_it'))).toMatchObject({ code: '42704' })
      expect((await client.query('SHOW transaction isolation level')).rows).toEqual([
        { transaction_isolation: 'repeatable read' },
      ])
    })
  })

  test('a statement that runs is cancelled from another connection', async () => {
    await withClient(async (client) => {
      let isOver = false
      const running = refusal(
        client.query('SELECT count(*) FROM range(100000000000) a(i), range(1000) b(j) WHERE i * j % 7 = 3'),
      ).finally(() => {
        isOver = true
      })
      // A cancel that comes before the statement has begun finds nothing to end, so it is said until it has worked.
      while (!isOver) await cancelOnce(client)
      expect(await running).toMatchObject({ code: '57014' })
      expect((await client.query('SELECT 1 AS a')).rows).toEqual([{ a: 1 }])
    })
  })
})

describe('who may come in', () => {
  test('a wrong secret, an unknown user and an unknown database are refused', async () => {
    const wrong = withClient(async () => {}, { password: 'wrong' })
    expect(await refusal(wrong)).toMatchObject({ code: '28P01', severity: 'FATAL' })
    expect(await refusal(withClient(async () => {}, { user: 'nobody' }))).toMatchObject({ code: '28P01' })
    expect(await refusal(withClient(async () => {}, { database: 'elsewhere' }))).toMatchObject({
      code: '3D000',
      message: 'database "elsewhere" does not exist. There are closed, default, open.',
    })
  })

  test('a key reads what its policy allows, and sees nothing else', async () => {
    const { id, secret } = server.guest
    await withClient(
      async (client) => {
        expect((await client.query('SELECT count(*) AS n FROM open.sales')).rows).toEqual([{ n: '3' }])
        expect((await refusal(client.query('SELECT * FROM closed.sales'))).code).toMatch(/^42(501|P01)$/)
        const listed = await client.query(
          'SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL',
        )
        expect(listed.rows).toEqual([
          { table_schema: 'open', table_name: 'sales' },
          { table_schema: 'open', table_name: 'sold' },
        ])
      },
      { user: id, password: secret },
    )
  })

  test('TLS is there for those who ask for it', async () => {
    const { rows } = await withClient((client) => client.query('SELECT count(*) AS n FROM sales'), {
      ssl: { rejectUnauthorized: false },
    })
    expect(rows).toEqual([{ n: '3' }])
  })

  test('where no signatures are verified anybody comes in, and too many do not', async () => {
    const open = await startLakeServer({ mode: 'off', limits: { connectionsMax: 2 } })
    try {
      const config = { host: '127.0.0.1', port: open.port, user: 'anybody' }
      const [first, second, third] = [new pg.Client(config), new pg.Client(config), new pg.Client(config)]
      for (const client of [first, second, third]) client.on('error', () => {})
      await first.connect()
      await second.connect()
      expect(await refusal(third.connect())).toMatchObject({ code: '53300' })
      expect((await second.query('SELECT count(*) AS n FROM open.sold')).rows).toEqual([{ n: '3' }])
      await first.end()
      await second.end()
    } finally {
      await open.close()
    }
  })
})
