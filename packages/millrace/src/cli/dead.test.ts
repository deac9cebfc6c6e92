/** Dead letters from the command line: on a directory at rest, and beside a running app through its gateway. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CliProcess, cli, type Folder, lines, temporaryFolder } from './cli-process.test-kit.ts'
import { readAddress } from './gateway-place.ts'

/** 12 records of three keys; those whose price is missing die, each key's third one among them. */
const orders = Array.from({ length: 12 }, (_, n) => ({
  id: `o-${n}`,
  customer: `c-${n % 3}`,
  ...(n % 4 === 1 ? { price: n === 9 ? 'free' : null } : { price: n }),
}))

const app = (path: string, source = true) => `
import { defineApp, file } from 'millrace'
export default defineApp('shop', (app) => {
  const orders = app.stream('orders', { shards: 1 })
  const prices = app.table('prices', { partitionKey: 'id' })
  ${source ? `app.source(file({ path: ${JSON.stringify(path)}, partitionKey: '$.customer' }), { into: orders })` : ''}
  app.function('price', { from: orders, batchSize: 1, retries: 1 }, async (records) => {
    for (const record of records) {
      const order = record.json()
      if (order.price === null) throw Object.assign(new Error('order "' + order.id + '" has no price'), { code: 'PRICE_MISSING' })
      if (typeof order.price !== 'number') throw Object.assign(new TypeError('price of ' + order.id + ' is no number'), { code: 'PRICE_WRONG' })
      await prices.put({ id: order.id, price: order.price })
    }
  })
})
`

let folder: Folder
let data: string
let appFile: string
beforeEach(async () => {
  folder = temporaryFolder()
  data = join(folder.path, 'data')
  mkdirSync(folder.path, { recursive: true })
  const file = join(folder.path, 'orders.ndjson')
  writeFileSync(file, orders.map((order) => `${JSON.stringify(order)}\n`).join(''))
  appFile = join(folder.path, 'shop.app.ts')
  writeFileSync(appFile, app(file))
})
afterEach(() => folder.remove())

const dead = (...args: string[]) => cli(['dead', ...args, '--data-dir', data])
const run = async () => {
  const ended = await cli(['run', appFile, '--data-dir', data, '--until-idle', '--json'])
  expect(ended, ended.stderr).toMatchObject({ exitCode: 0 })
  return JSON.parse(ended.stdout)
}

describe('on a directory at rest', () => {
  it('lists, shows, edits, drops and redrives; the report counts each of them', async () => {
    const first = await run()
    expect(first.deadLetters).toEqual([{ stage: 'price', waiting: 3, redriven: 0, dropped: 0 }])

    const list = await dead('list')
    expect(list.stderr).toBe('')
    expect(lines(list.stdout)).toEqual([
      expect.stringMatching(/^stage +id +key +code +tries +last +message$/),
      expect.stringMatching(/^price +orders\/0\/1 +c-1 +PRICE_MISSING +2 +\S+Z +order "o-1" has no price$/),
      expect.stringMatching(/^price +orders\/0\/5 +c-2 +PRICE_MISSING +2 /),
      expect.stringMatching(/^price +orders\/0\/9 +c-0 +PRICE_WRONG +2 /),
    ])
    const causes = lines((await dead('list', '--causes')).stdout)
    expect(causes[1]).toMatch(/^2 +price +PRICE_MISSING .* orders\/0\/1 /)
    expect(causes[2]).toMatch(/^1 +price +PRICE_WRONG /)
    expect(
      lines((await dead('list', '--key', 'c-2', '--json')).stdout).map((line) => JSON.parse(line)),
    ).toEqual([
      expect.objectContaining({
        partitionKey: 'c-2',
        sequence: 5,
        attempts: 2,
        preview: JSON.stringify(orders[5]),
      }),
    ])
    expect((await dead('list', '--limit', '2')).stderr).toMatch(/there are more \(3 in all\)/)
    expect((await dead('list', '--stage', 'nobody')).stdout).toBe('no dead letters of stage nobody\n')

    const shown = await dead('show', 'orders/0/9')
    expect(shown.stdout).toMatch(/key +c-0\n/)
    expect(shown.stdout).toMatch(/PRICE_WRONG TypeError: price of o-9 is no number\n +at .*shop\.app\.ts:\d+/)
    expect(shown.stdout).toContain(JSON.stringify(orders[9]))
    expect((await dead('show', 'orders/0/9', '--data')).stdout).toBe(JSON.stringify(orders[9]))

    const mended = { ...orders[9], price: 4 }
    const edited = await dead('edit', 'orders/0/9', '--data', JSON.stringify(mended))
    expect(edited, edited.stderr).toMatchObject({ exitCode: 0 })
    expect((await dead('show', 'orders/0/9')).stdout).toMatch(
      /payload before the edit of [\s\S]*"price":"free"/,
    )

    expect((await dead('drop', 'orders/0/5')).stdout).toBe('dropped: 1\n')
    expect((await dead('redrive', 'orders/0/9')).stdout).toBe('redriven: 1\n')
    expect((await dead('redrive', 'orders/0/9')).stdout).toMatch(/^redriven: 0 \(no such letters now/)

    const second = await run()
    expect(second.deadLetters).toEqual([{ stage: 'price', waiting: 1, redriven: 1, dropped: 1 }])
    expect(second.ledgerBalanced).toBe(true)
    expect(second.stages[1]).toMatchObject({ name: 'price', in: 13, out: 10, dead: 3, inFlight: 0 })
    const scan = await cli(['table', 'scan', 'prices', '--data-dir', data])
    expect(lines(scan.stdout)).toContain('{"id":"o-9","price":4}')
  })

  it('an editor changes the payload, and JSON stays on one line', async () => {
    await run()
    const script = join(folder.path, 'editor.mjs')
    writeFileSync(
      script,
      `import { readFileSync, writeFileSync } from 'node:fs'
       const file = process.argv.at(-1)
       writeFileSync(${JSON.stringify(join(folder.path, 'seen'))}, readFileSync(file))
       writeFileSync(file, readFileSync(file, 'utf8').replace('null', process.argv[2]))`,
    )
    const edit = async (value: string) => {
      const env = { EDITOR: `"${process.execPath}" ${script} ${value}`, VISUAL: '' }
      const child = new CliProcess(['dead', 'edit', 'orders/0/1', '--data-dir', data], { env })
      return child.ended
    }
    const bad = await edit('oops')
    expect(bad.stderr).toMatch(/DEAD_LETTER_NOT_JSON/)
    expect(bad.exitCode).toBe(2)
    const kept = /--file (\S+)/.exec(bad.stderr)?.[1] ?? ''
    expect(readFileSync(kept, 'utf8')).toMatch(/"price": oops/)
    rmSync(dirname(kept), { recursive: true })
    expect(readFileSync(join(folder.path, 'seen'), 'utf8')).toBe(
      `${JSON.stringify(orders[1], undefined, 2)}\n`,
    )
    expect(await edit('7')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^edited: orders\/0\/1/),
    })
    expect((await dead('show', 'orders/0/1', '--data')).stdout).toBe(
      JSON.stringify({ ...orders[1], price: 7 }),
    )
    expect((await edit('7')).stdout).toMatch(/^unchanged/)
    const failing = new CliProcess(['dead', 'edit', 'orders/0/1', '--data-dir', data], {
      env: { EDITOR: 'false', VISUAL: '' },
    })
    expect((await failing.ended).stderr).toMatch(/ended with 1.*Nothing was changed/)
  })

  it('says what is wrong', async () => {
    await run()
    for (const [args, exitCode, text] of [
      [['drop'], 2, /Which letters to drop is not said/],
      [['redrive'], 2, /Which letters to redrive is not said/],
      [['show', 'orders/0/77'], 2, /DEAD_LETTER_UNKNOWN .*millrace dead list/],
      [['redrive', '--stage', 'nobody'], 2, /DEAD_LETTER_STAGE .*has never run/],
      [['edit', 'orders/0/1', '--data', '{'], 2, /DEAD_LETTER_NOT_JSON/],
      [['edit', 'orders/0/1', '--data', '1', '--file', '-'], 2, /both given/],
      [['edit', 'orders/0/1', '--file', '/nowhere/x'], 2, /INPUT_FAILED/],
    ] as const) {
      const ended = await dead(...args)
      expect(ended, ended.stderr).toMatchObject({ exitCode, stdout: '' })
      expect(ended.stderr).toMatch(text)
    }
  })
})

describe('beside a running app', () => {
  it('changes go through its gateway, signed where keys are; without a gateway the reason is said', async () => {
    await run()
    writeFileSync(appFile, app('', false))
    const child = new CliProcess(['run', appFile, '--data-dir', data, '--port', '0'])
    await child.until(({ stderr }) => /Kinesis at/.test(stderr))
    expect(lines((await dead('list')).stdout)).toHaveLength(4)
    const mended = JSON.stringify({ ...orders[1], price: 4 })
    expect(await dead('edit', 'orders/0/1', '--data', mended)).toMatchObject({ exitCode: 0 })
    const bad = await dead('edit', 'orders/0/5', '--data', '{')
    expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^DEAD_LETTER_NOT_JSON/) })
    const created = await cli(['keys', 'create', '--data-dir', data])
    expect(created.exitCode).toBe(0)
    expect((await dead('redrive', '--stage', 'price', '--limit', '1', '--json')).stdout).toBe(
      '{"redriven":1,"unreadable":0}\n',
    )
    // The gateway notices the key within a second; from then on only signed calls are taken.
    const unsigned = () => fetch(`${readAddress(data)!.url}/admin/dead-letters/counts`)
    while ((await unsigned()).ok);
    expect((await dead('drop', 'orders/0/9', 'orders/0/5', '--json')).stdout).toBe(
      '{"dropped":2,"records":2}\n',
    )
    child.child.kill('SIGINT')
    const { stdout } = await child.ended
    expect(stdout).toMatch(/dead letters +waiting +redriven +dropped\nprice +0 +1 +2/)
    const scan = await cli(['table', 'scan', 'prices', '--data-dir', data])
    expect(lines(scan.stdout)).toContain('{"id":"o-1","price":4}')

    const lonely = new CliProcess(['run', appFile, '--data-dir', data, '--no-gateway'])
    await lonely.until(({ stderr }) => /running shop/.test(stderr))
    expect(await dead('drop', '--all')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/DATA_IN_USE.*without --no-gateway/),
    })
    lonely.child.kill('SIGINT')
    await lonely.ended
  })
})
