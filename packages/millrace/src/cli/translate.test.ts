/** `millrace sql translate` as docs/translate.md shows it, and what it says when something is wrong. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cli, type Folder, temporaryFolder } from './cli-process.test-kit.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/translate.md'), 'utf8')
const [program = '', command = '', output = '', notes = ''] = [
  ...page.matchAll(/^```\w*\n(.*?)^```$/gms),
].map((block) => block[1] ?? '')
const input = 'S: K VARCHAR(8), X DECIMAL(10, 2)'

let folder: Folder
beforeAll(() => {
  folder = temporaryFolder()
  writeFileSync(join(folder.path, 'app.sql'), program)
  writeFileSync(
    join(folder.path, 'plain.sql'),
    'CREATE STREAM OUT (K VARCHAR(8)); CREATE PUMP P AS INSERT INTO OUT SELECT STREAM K FROM S;',
  )
  writeFileSync(
    join(folder.path, 'unclear.sql'),
    'CREATE STREAM OUT (K BOOLEAN); CREATE PUMP P AS INSERT INTO OUT SELECT STREAM X IS TRUE FROM S;',
  )
  writeFileSync(
    join(folder.path, 'faulty.sql'),
    'CREATE STREAM OUT (K VARCHAR(8)); CREATE PUMP P AS INSERT INTO OUT SELECT STREAM NOPE FROM S;',
  )
})
afterAll(() => folder.remove())

const run = (...args: readonly string[]) => cli(['sql', 'translate', ...args], { cwd: folder.path })

describe('sql translate', () => {
  it('prints what the page on it says', async () => {
    const words = [...command.trim().matchAll(/'([^']*)'|(\S+)/g)].map((word) => word[1] ?? word[2] ?? '')
    expect(words.slice(0, 3)).toEqual(['millrace', 'sql', 'translate'])
    expect(await run(...words.slice(3))).toMatchObject({ stdout: output, stderr: notes, exitCode: 1 })
  })

  it('ends with 0 and without a word if all has an exact form', async () => {
    const ended = await run('--to', 'flink', 'plain.sql', '--input', input)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(ended.stdout).toContain('`X` DECIMAL(10, 2)')
  })

  it('guesses the columns of an input that nobody gave, and says so', async () => {
    const ended = await run('--to', 'flink', 'plain.sql')
    expect(ended.exitCode).toBe(0)
    expect(ended.stdout).toContain('CREATE TABLE `S` (\n  `K` VARCHAR(8),')
    expect(ended.stderr).toContain("--input 'S: column TYPE, ...'")
  })

  it('writes a file, and JSON', async () => {
    expect(await run('--to', 'flink', 'plain.sql', '--input', input, '--out', 'out.sql')).toMatchObject({
      exitCode: 0,
      stdout: '',
    })
    const json = await run('--to', 'flink', 'plain.sql', '--input', input, '--json')
    expect(JSON.parse(json.stdout)).toEqual({
      sql: readFileSync(join(folder.path, 'out.sql'), 'utf8'),
      notes: [],
    })
  })

  it.each([
    [['--to', 'flink', 'missing.sql'], 2, /LOAD_NOT_FOUND missing\.sql/],
    [['plain.sql'], 2, /'--to <dialect>' not specified\. See: millrace sql translate --help/],
    [['--to', 'spark', 'plain.sql'], 2, /--to is 'spark'; programs are translated to flink/],
    [['--to', 'flink', 'plain.sql', '--input', 'S K'], 2, /has no name with a colon/],
    [['--to', 'flink', 'plain.sql', '--input', 'S: K'], 2, /'K' is no column and its type/],
    [['--to', 'flink', 'unclear.sql'], 1, /SQL_REFUSED unclear\.sql: One error[\s\S]*named by --input/],
    [['--to', 'flink', 'faulty.sql', '--input', input], 1, /SQL_REFUSED faulty\.sql: One error[\s\S]*NOPE/],
  ])('%j', async (args, exitCode, message) => {
    const ended = await run(...args)
    expect(ended).toMatchObject({ exitCode, stdout: '' })
    expect(ended.stderr).toMatch(message)
  })

  it('takes inputs, reference tables and outputs from an app', async () => {
    const orders = join(import.meta.dirname, '../../../../examples/orders')
    const ended = await run(
      ...['--to', 'flink', join(orders, 'kda-orders.sql'), '--app', join(orders, 'orders.app.ts')],
    )
    expect(ended.exitCode).toBe(0)
    expect(ended.stdout).toContain("`orderId` INT COMMENT '$.data.orderId'")
    expect(ended.stdout).toContain('CREATE TABLE `products`')
    expect(ended.stdout).toContain('INSERT INTO `ORDER_ITEM_ENRICHED_STREAM`')
  })

  it('leaves the shell as it is', async () => {
    const ended = await cli(['sql', '--json', '--execute', 'SELECT 1 + 1 AS TWO'], { cwd: folder.path })
    expect(ended.exitCode).toBe(0)
    expect(ended.stdout).toContain('"TWO":2')
  })
})
