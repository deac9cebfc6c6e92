/** A SQL file as an app: run to the end, stopped on the way, and refused with a code when it is wrong. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MillraceError } from '../error.ts'
import { testApp } from '../testing/index.ts'
import { sqlApp } from './sql-app.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-sql-app-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function program(text: string): string {
  const file = join(folder, 'my pipeline.sql')
  writeFileSync(file, text)
  return file
}

const numbers = `CREATE TABLE numbers (id INT, name STRING, amount DECIMAL(10, 2)) WITH (
  'connector' = 'datagen', 'number-of-rows' = '\${ROWS:20}',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000', 'fields.name.length' = '3');`

test('datagen to print: every row once, in the form of the print connector', async () => {
  const printed: string[] = []
  const app = sqlApp(program(`${numbers}\nSELECT id, id * 2 AS twice FROM numbers WHERE id > 15;`), {
    print: (line) => printed.push(line),
  })
  const running = await testApp(app)
  await running.runUntilIdle()
  await running.close()
  expect(printed).toEqual(['+I[16, 32]', '+I[17, 34]', '+I[18, 36]', '+I[19, 38]', '+I[20, 40]'])
})

test('a placeholder takes the value of an option', async () => {
  const printed: string[] = []
  const app = sqlApp(program(`${numbers}\nSELECT COUNT(*) FROM numbers HAVING COUNT(*) >= 7;`), {
    print: (line) => printed.push(line),
  })
  const running = await testApp(app, { options: { rows: '7' } })
  await running.runUntilIdle()
  await running.close()
  expect(printed).toEqual(['+I[7]'])
})

test('the filesystem connector reads a file, writes partitions, and writes nothing twice', async () => {
  mkdirSync(join(folder, 'in'))
  writeFileSync(
    join(folder, 'in/rows.json'),
    '{"id":1,"day":"mon"}\n{"id":2,"day":"tue"}\n{"id":3,"day":"mon"}\n{"id":4,"day":"a, b"}\n',
  )
  const file = program(`
    CREATE TABLE source (id INT, \`day\` STRING) WITH ('connector' = 'filesystem', 'path' = 'in/rows.json', 'format' = 'json');
    CREATE TABLE target (id INT, \`day\` STRING) PARTITIONED BY (\`day\`)
      WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');
    INSERT INTO target SELECT * FROM source;`)
  const dataDir = join(folder, 'data')
  for (let run = 0; run < 2; run++) {
    const running = await testApp(sqlApp(file), { dataDir })
    await running.runUntilIdle()
    await running.close()
  }
  const read = (day: string) =>
    readdirSync(join(folder, 'out', `day=${day}`))
      .map((name) => readFileSync(join(folder, 'out', `day=${day}`, name), 'utf8'))
      .join('')
  expect(read('mon')).toBe('1,mon\n3,mon\n')
  expect(read('tue')).toBe('2,tue\n')
  expect(read('a%2C%20b')).toBe('4,"a, b"\n')
})

describe('what is wrong is refused before anything starts', () => {
  test.each([
    ['CREATE TABLE a (x INT);', 'SQL_NOTHING_TO_RUN', /writes nothing/],
    ['SELECT nothing FROM nowhere;', 'SQL_REFUSED', /SQL2001 error .*:1:21/],
    [
      `CREATE TABLE a (x INT) WITH ('connector' = 'kafka'); SELECT * FROM a;`,
      'SQL_CONNECTOR_UNKNOWN',
      /no connector 'kafka'.*stream, datagen/s,
    ],
    [`CREATE TABLE a (x INT) WITH ('connector' = 'print'); SELECT * FROM a;`, 'SQL_REFUSED', /print/],
    [
      `CREATE TABLE a (x INT) WITH ('connector' = 'datagen', 'rows' = '5'); SELECT * FROM a;`,
      'SQL_OPTION',
      /no option 'rows'.*'number-of-rows'/s,
    ],
    [
      `CREATE TABLE a (x INT) WITH ('connector' = 'datagen', 'number-of-rows' = 'five'); SELECT * FROM a;`,
      'SQL_OPTION',
      /'number-of-rows' is "five".*whole number/s,
    ],
    [`SELECT \${NAME};`, 'SQL_PLACEHOLDER', /NAME.*--name/s],
  ])('%s', (text, code, message) => {
    const error = failure(() => sqlApp(program(text)).build({ env: {} }))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
  })

  test('a file that is not there', () => {
    expect(failure(() => sqlApp(join(folder, 'none.sql')).build()).code).toBe('LOAD_NOT_FOUND')
  })
})

function failure(act: () => unknown): MillraceError {
  try {
    act()
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
