/** `millrace run` as a process: reports, signals, options, errors, and a second process on the same directory. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliProcess, cli, type Folder, lines, temporaryFolder } from './cli-process.test-kit.ts'

/** One table item for each change: three for each order. */
const shop = `import { defineApp, ordersGenerator } from 'millrace'

interface Change {
  readonly data: { readonly orderId: number; readonly itemId?: number }
}

export default defineApp('shop', (app) => {
  const orders = app.option.integer('orders', { help: 'how many orders', max: 1000 })
  const rate = app.option.integer('rate', { help: 'items each second' })
  const hang = app.option.boolean('hang')
  const fail = app.option.boolean('fail')
  const changes = app.stream<Change>('changes', { shards: 2 })
  const table = app.table('Changes', { partitionKey: 'id' })
  app.source(
    ordersGenerator({
      products: 2,
      seed: 1,
      ...(orders === undefined ? {} : { orders }),
      ...(rate === undefined ? {} : { rate }),
    }),
    { into: changes },
  )
  app.function('save', { from: changes, batchSize: 50, retries: 0 }, async (records) => {
    if (hang) await new Promise(() => {})
    if (fail) throw new Error('the handler does not like this')
    await table.put(
      records.map((record) => {
        const { orderId, itemId } = record.json().data
        return { id: \`\${orderId}-\${itemId ?? 'order'}\` }
      }),
    )
  })
})
`

let folder: Folder
beforeAll(() => {
  folder = temporaryFolder()
  writeFileSync(join(folder.path, 'shop.app.ts'), shop)
})
afterAll(() => folder.remove())

const run = (...args: string[]) => cli(['run', 'shop.app.ts', ...args], { cwd: folder.path })
const start = (...args: string[]) => new CliProcess(['run', 'shop.app.ts', ...args], { cwd: folder.path })
let directories = 0
const dataDir = () => ['--data-dir', join(folder.path, `data-${directories++}`)]

function items(report: Report, table = 'Changes'): number | undefined {
  return report.tables.find((one) => one.name === table)?.items
}

describe('a run until idle', () => {
  it('ends by itself with the report on standard output, in words or as JSON', async () => {
    const words = await run('--until-idle', ...dataDir(), '--', '--orders', '20')
    expect(words.stderr).toMatch(
      /running shop from shop\.app\.ts: source changes-source, function save\ndata in data-/,
    )
    expect(words.exitCode).toBe(0)
    expect(words.stdout).toMatch(/^shop: .*\n[\s\S]*\nChanges +60\n[\s\S]*\nledger: balanced/)

    const json = await run(
      '--until-idle',
      '--json',
      '--report',
      'out/report.json',
      ...dataDir(),
      '--',
      '--orders=20',
    )
    expect(json).toMatchObject({ exitCode: 0, stderr: '' })
    const report: Report = JSON.parse(json.stdout)
    expect(report).toMatchObject({ app: 'shop', ledgerBalanced: true, warnings: [] })
    expect(items(report)).toBe(60)
    expect(report.stages.map(({ name, kind, out }) => ({ name, kind, out }))).toEqual([
      { name: 'changes-source', kind: 'source', out: 60 },
      { name: 'save', kind: 'function', out: 60 },
    ])
    expect(report.latencyMs.count).toBe(60)
    expect(JSON.parse(readFileSync(join(folder.path, 'out/report.json'), 'utf8'))).toEqual(report)
    expect(readdirSync(join(folder.path, 'out'))).toEqual(['report.json'])
  })

  it('keeps its data below .millrace unless told otherwise, and goes on from there', async () => {
    const first = await run('--until-idle', '--', '--orders', '5')
    expect(first.stderr).toMatch(
      /data in \.millrace\/shop\ntry in another terminal:\n {2}npx millrace table scan Changes --limit 3\n/,
    )
    expect(existsSync(join(folder.path, '.millrace/shop'))).toBe(true)
    const second = await run('--until-idle', '--json', '--', '--orders', '9')
    expect(items(JSON.parse(second.stdout))).toBe(27)
    const again = await run('--until-idle', '--', '--orders', '9')
    expect(again.stderr).toMatch(/continues where it stopped/)
    expect(again.stdout).toMatch(/\nChanges +27\n/)
    const scan = await cli(['table', 'scan', 'Changes'], { cwd: folder.path })
    expect(lines(scan.stdout)).toHaveLength(27)
  })

  it('records that a function refuses are dead letters, and the ledger balances', async () => {
    const dir = dataDir()
    const ended = await run('--until-idle', '--json', ...dir, '--', '--orders', '3', '--fail')
    expect(ended.exitCode).toBe(0)
    const report: Report = JSON.parse(ended.stdout)
    expect(report.stages[1]).toMatchObject({ in: 9, out: 0, dead: 9 })
    const letters = await cli(['table', 'scan', 'dead-letters', ...dir])
    expect(lines(letters.stdout)).toHaveLength(9)
    expect(letters.stdout).toMatch(/the handler does not like this/)
  })
})

describe('a live run', () => {
  it('can be read by other processes, and its directory has one owner', async () => {
    const dir = dataDir()
    const live = start(...dir, '--', '--rate', '200')
    await live.until(({ stderr }) => /try in another terminal/.test(stderr))
    const records = await cli(['stream', 'read', 'changes', ...dir, '--from', 'latest', '--limit', '3'])
    expect(records).toMatchObject({ exitCode: 0, stderr: '' })
    expect(lines(records.stdout)).toHaveLength(3)
    const scan = await cli(['table', 'scan', 'Changes', ...dir, '--limit', '2'])
    expect(lines(scan.stdout)).toHaveLength(2)

    const second = await run(...dir, '--json', '--', '--rate', '200')
    expect(second).toMatchObject({ exitCode: 3, stdout: '' })
    expect(JSON.parse(second.stderr).error).toMatchObject({ code: 'STORE_LOCKED', exitCode: 3 })

    live.child.kill('SIGINT')
    const ended = await live.ended
    expect(ended.exitCode).toBe(0)
    expect(ended.stderr).toMatch(/draining/)
    expect(ended.stdout).toMatch(/ledger: balanced/)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second %s ends it at once with %i, and nothing is lost', async (signal, exitCode) => {
    const dir = dataDir()
    const live = start(...dir, '--', '--orders', '10', '--hang')
    await live.until(({ stderr }) => /try in another terminal/.test(stderr))
    live.child.kill(signal)
    await live.until(({ stderr }) => /draining/.test(stderr))
    live.child.kill(signal)
    expect(await live.ended).toMatchObject({ exitCode, stdout: '' })
    const rest = await run('--until-idle', '--json', ...dir, '--', '--orders', '10')
    expect(items(JSON.parse(rest.stdout))).toBe(30)
  })

  it('SIGTERM drains like ctrl-C', async () => {
    const live = start('--json', ...dataDir(), '--', '--rate', '200')
    // With --json nothing is said at the start; a signal before the app is up is kept for it.
    live.child.kill('SIGCONT')
    await new CliProcess(['--version']).ended
    live.child.kill('SIGTERM')
    const ended = await live.ended
    if (ended.signal === null) {
      expect(ended.exitCode).toBe(0)
      expect(JSON.parse(ended.stdout)).toMatchObject({ ledgerBalanced: true })
    }
  })
})

describe('an app that cannot run', () => {
  it('an unknown option lists the known ones', async () => {
    const ended = await run('--until-idle', '--', '--oders', '3')
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' })
    expect(ended.stderr).toMatch(/OPTION_UNKNOWN: The app has no option --oders\. Did you mean "orders"\?/)
    expect(ended.stderr).toMatch(/--orders INTEGER {2}how many orders \(an integer from 0 to 1000\)/)
  })

  it('its options are printed by -- --help', async () => {
    const ended = await run('--', '--help')
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(ended.stdout).toMatch(/Options of the app:\n {2}--orders INTEGER/)
  })

  it('a fault in the file is shown with file, line and column', async () => {
    writeFileSync(
      join(folder.path, 'bad.app.ts'),
      shop.replace("app.stream<Change>('changes'", "app.stream('a b'"),
    )
    const ended = await cli(['run', 'bad.app.ts', '--json'], { cwd: folder.path })
    expect(ended).toMatchObject({ exitCode: 1, stdout: '' })
    expect(JSON.parse(ended.stderr).error).toMatchObject({
      code: 'APP_NAME_INVALID',
      place: 'bad.app.ts:12:23',
    })
    writeFileSync(join(folder.path, 'bad.app.ts'), shop.replace('{ shards: 2 })', '{ shards: 2 }'))
    const broken = await cli(['run', 'bad.app.ts'], { cwd: folder.path })
    expect(broken).toMatchObject({ exitCode: 1, stdout: '' })
    expect(broken.stderr).toMatch(/^LOAD_FAILED bad\.app\.ts:13:\d+: /)
  })

  it('leaves no data directory behind', () => {
    expect(existsSync(join(folder.path, '.millrace/x'))).toBe(false)
  })
})
