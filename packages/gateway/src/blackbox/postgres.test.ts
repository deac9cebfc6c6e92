/**
 * The lake as clients of Postgres see it: psql, psycopg and SQLAlchemy, and on a JVM the JDBC driver (MILLRACE_NIGHTLY=1). What a
 * machine lacks is skipped, but not in continuous integration, which installs it (.ci/run).
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LakeServer, startLakeServer } from '../testing/lake-server.ts'

const run = promisify(execFile)
const python = process.env.MILLRACE_PYTHON ?? 'python3'
const has = (command: string, ...args: string[]): Promise<boolean> =>
  run(command, args).then(
    () => true,
    () => false,
  )
const hasPsql = await has('psql', '--version')
const hasLibraries = await has(python, '-c', 'import psycopg, psycopg2, sqlalchemy')
const mustRun = process.env.CI !== undefined

let server: LakeServer
beforeAll(async () => {
  server = await startLakeServer({ mode: 'verify' })
})
afterAll(() => server.close())

describe.skipIf(!hasPsql && !mustRun)('psql', () => {
  async function psql(...commands: string[]): Promise<string> {
    const { id, secret } = server.owner
    const place = `host=127.0.0.1 port=${server.port} user=${id} dbname=open`
    const { stdout } = await run(
      'psql',
      ['-X', '-A', '-t', ...commands.flatMap((text) => ['-c', text]), place],
      {
        env: { ...process.env, PGPASSWORD: secret },
      },
    )
    return stdout.trim()
  }

  test('lists what there is', async () => {
    expect(await psql('\\dn')).toBe('closed|millrace\ndefault|millrace\nopen|millrace')
    expect(await psql('\\d')).toBe('open|sales|table|millrace\nopen|sold|view|millrace')
    expect(await psql('\\dt closed.*')).toBe('closed|sales|table|millrace')
    expect(await psql('\\dv *.*')).toBe('open|sold|view|millrace')
    expect((await psql('\\l')).split('|').slice(0, 3)).toEqual(['open', 'millrace', 'UTF8'])
    for (const question of ['\\du', '\\di', '\\df', '\\dT', '\\dp', '\\dx', '\\db']) await psql(question)
  })

  test('describes a table', async () => {
    expect(await psql('\\d sales')).toBe(
      [
        'id|bigint||not null|',
        'amount|numeric(10,2)|||',
        'sold_at|timestamp without time zone|||',
        'tags|text[]|||',
        'ok|boolean|||',
        'note|text|||',
      ].join('\n'),
    )
    expect(await psql('\\d+ open.sales')).toContain('number of the sale')
  })

  test('reads, with variables of its own and its \\gdesc', async () => {
    expect(await psql('SELECT id, amount, sold_at, tags, ok FROM sales ORDER BY id')).toBe(
      [
        '1|12.50|2026-11-21 10:00:00.25|{a,"b,c","NULL"}|t',
        '2|-0.07|1969-12-31 23:59:59|{}|f',
        '3|99999999.99|2026-11-21 12:30:00||',
      ].join('\n'),
    )
  })
})

describe.skipIf(!hasLibraries && !mustRun)('psycopg and SQLAlchemy', () => {
  test('see the same rows in both formats, and the tables with their columns', async () => {
    const script = fileURLToPath(new URL('clients/postgres_clients.py', import.meta.url))
    const { stdout } = await run(python, [script, String(server.port), server.owner.id, server.owner.secret])
    const seen: Record<string, unknown> = JSON.parse(stdout)
    const rows = [
      [1, '12.50', '2026-11-21 10:00:00.250000', ['a', 'b,c', 'NULL'], true, 'naïve'],
      [2, '-0.07', '1969-12-31 23:59:59', [], false, null],
      [3, '99999999.99', '2026-11-21 12:30:00', null, null, ''],
    ]
    expect(seen.psycopg).toEqual(rows)
    const more = [
      ['2026-11-21', '10:00:00.250000'],
      ['1969-12-31', '23:59:59'],
      ['2026-11-21', '12:30:00'],
    ]
    expect(seen['psycopg binary']).toEqual(
      rows.map((row, i) => [...row, ...(more[i] ?? []), 'a1b2c3d4-0000-4000-8000-000000000001']),
    )
    expect(seen['psycopg parameters']).toEqual([[1]])
    expect(seen['psycopg error']).toBe('8')
    expect(seen['psycopg transaction']).toEqual([[3]])
    for (const driver of ['psycopg', 'psycopg2']) {
      expect(seen[`sqlalchemy ${driver}`], driver).toEqual({
        schemas: ['closed', 'default', 'information_schema', 'open'],
        tables: ['sales'],
        views: ['sold'],
        other: ['sales'],
        columns: [
          ['id', 'BIGINT', false, 'number of the sale'],
          ['amount', 'NUMERIC(10, 2)', true, null],
          ['sold_at', 'TIMESTAMP', true, null],
          ['tags', 'ARRAY', true, null],
          ['ok', 'BOOLEAN', true, null],
          ['note', 'TEXT', true, null],
        ],
        keys: [[], [], []],
        reflected: ['id', 'amount', 'sold_at', 'tags', 'ok', 'note'],
        rows: [[2, '-0.07']],
      })
    }
  }, 60_000)
})

describe.skipIf(process.env.MILLRACE_NIGHTLY === undefined)('JDBC (nightly)', () => {
  test('finds tables and columns, and reads rows in both formats', async () => {
    const project = fileURLToPath(new URL('../../blackbox-java', import.meta.url))
    const list = join(project, 'target/classpath.txt')
    const goals = ['compile', 'dependency:build-classpath', `-Dmdep.outputFile=${list}`]
    await run('mvn', ['-q', '-B', ...goals], { cwd: project })
    const classpath = [join(project, 'target/classes'), readFileSync(list, 'utf8').trim()].join(':')
    const { id, secret } = server.owner
    const { stdout } = await run('java', ['-cp', classpath, 'blackbox.Jdbc', String(server.port), id, secret])
    const rows =
      '[1, 12.50, 2026-11-21 10:00:00.25, t, {a,"b,c","NULL"}, naïve]; [2, -0.07, 1969-12-31 23:59:59, f, {}, null]'
    expect(stdout.trim().replaceAll('"a"', 'a').split('\n')).toEqual([
      'schemas: closed; default; information_schema; open; pg_catalog',
      'tables: sales; sold',
      'columns: int8; numeric; timestamp; _text; bool; text',
      'primary keys: ',
      'foreign keys: ',
      'indexes: ',
      'procedures: ',
      ...Array.from({ length: 8 }, (_, i) => `rows ${i}: ${rows}`),
      'fetched 1234',
    ])
  }, 600_000)
})
