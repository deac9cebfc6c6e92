/** `millrace dev` as a process: handlers are swapped, apps started again, broken edits said; no record is lost or doubled. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliProcess, cli, type Folder, lines, temporaryFolder } from './cli-process.test-kit.ts'
import { readAddress } from './gateway-place.ts'

let folder: Folder
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder.remove())

function write(files: { readonly [path: string]: string }): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    writeFileSync(join(folder.path, path), text)
  }
}

/** Prints the numbers of its records behind a word, which says the version of the code. */
const handler = (word: string) => `exports.handler = async (event) => {
  for (const { kinesis } of event.Records) console.log('${word}', Buffer.from(kinesis.data, 'base64').toString())
}`

const app = (mark = '') => `import { defineApp } from 'millrace'
import { batchSize } from './lib/settings.ts'
export default defineApp('follow', (app) => {
  const numbers = app.stream('numbers')
  app.lambda('print', { code: './code', handler: 'app.handler', from: numbers, batchSize, timeout: 10 })
})
${mark}`

const put = async (n: number): Promise<void> => {
  const ended = await cli(['put', 'numbers', '--key', 'k', '--data', String(n), '--data-dir', 'data'], {
    cwd: folder.path,
  })
  expect(ended).toMatchObject({ exitCode: 0 })
}

describe('an app that follows its files', () => {
  it('takes in what is saved, says what is broken, and keeps its positions', async () => {
    write({
      'code/app.js': handler('first'),
      'lib/settings.ts': 'export const batchSize = 1',
      'follow.app.ts': app(),
    })
    const dev = new CliProcess(['dev', 'follow.app.ts', '--port', '0', '--data-dir', 'data'], {
      cwd: folder.path,
    })
    const says = (text: string | RegExp) => dev.until(({ stderr }) => stderr.search(text) >= 0)
    const printed = () => [...dev.stderr.matchAll(/INFO\t(\w+ \d+)$/gm)].map((match) => match[1])
    await says('running follow')
    await put(1)
    await says('first 1')

    // Code of a function alone: the same process goes on with it.
    write({ 'code/app.js': handler('second') })
    await says(/changed: code\/app\.js\n[\s\S]*loaded into the running app/)
    await put(2)
    await says('second 2')
    expect(dev.stderr.match(/^running follow/gm)).toHaveLength(1)

    // A broken edit changes nothing.
    write({ 'code/app.js': `${handler('third')}\n}` })
    await says(/HANDLER_FAILED[\s\S]*SyntaxError[\s\S]*the app goes on as it was/)
    await put(3)
    await says('second 3')
    write({ 'code/app.js': handler('fourth') })
    await dev.until(({ stderr }) => (stderr.match(/loaded into the running app/g) ?? []).length === 2)

    // What the app imports: it is started again at the same address, and goes on where it was.
    const { url } = readAddress(join(folder.path, 'data'))!
    write({ 'lib/settings.ts': 'export const batchSize = 2' })
    await dev.until(({ stderr }) => (stderr.match(/^running follow/gm) ?? []).length === 2)
    expect(readAddress(join(folder.path, 'data'))?.url).toBe(url)
    await put(4)
    await says('fourth 4')

    // A broken app: the one that runs goes on.
    write({ 'follow.app.ts': app('this is no program') })
    await dev.until(({ stderr }) => (stderr.match(/the app goes on as it was/g) ?? []).length === 2)
    await put(5)
    await says('fourth 5')

    dev.child.kill('SIGTERM')
    const { exitCode, stdout } = await dev.ended
    expect(exitCode).toBe(0)
    expect(printed()).toEqual(['first 1', 'second 2', 'second 3', 'fourth 4', 'fourth 5'])
    expect(lines(stdout).filter((line) => line.startsWith('ledger: balanced'))).toHaveLength(2)
  })

  it('takes in what is saved while the app starts', async () => {
    // It cannot be loaded to its end before the test says so.
    const slow = `const { existsSync, writeFileSync } = require('fs')
writeFileSync('loading', '')
while (!existsSync('go')) {}
${handler('first')}`
    write({
      'early/code/app.js': slow,
      'early/lib/settings.ts': 'export const batchSize = 1',
      'early/follow.app.ts': app(),
    })
    const dev = new CliProcess(['dev', 'early/follow.app.ts', '--port', '0', '--data-dir', 'data-early'], {
      cwd: folder.path,
    })
    await expect
      .poll(() => existsSync(join(folder.path, 'early/code/loading')), { timeout: 20_000 })
      .toBe(true)
    write({ 'early/code/app.js': handler('second') })
    await dev.until(({ stderr }) => /loaded into the running app|has ended/.test(stderr))
    write({ 'early/code/go': '' })
    await dev.until(({ stderr }) => /running follow|has ended/.test(stderr))
    const words = ['put', 'numbers', '--key', 'k', '--data', '1', '--data-dir', 'data-early']
    expect(await cli(words, { cwd: folder.path })).toMatchObject({ exitCode: 0 })
    await dev.until(({ stderr }) => /INFO\t\w+ 1$/m.test(stderr))
    dev.child.kill('SIGTERM')
    expect(await dev.ended).toMatchObject({ exitCode: 0 })
    expect(dev.stderr).toMatch(/INFO\tsecond 1$/m)
    expect(dev.stderr).not.toMatch(/has ended/)
  })

  it('waits for a change where the app cannot be loaded at first', async () => {
    write({ 'later/app.ts': 'import "./part.ts"\nexport default 5', 'later/part.ts': 'export const' })
    const dev = new CliProcess(['dev', 'later/app.ts', '--port', '0', '--data-dir', 'later-data'], {
      cwd: folder.path,
    })
    await dev.until(({ stderr }) => stderr.includes('waiting for a change'))
    expect(dev.stderr).toMatch(/LOAD_FAILED .*later\/part\.ts:1/)
    write({ 'later/part.ts': 'export {}' })
    await dev.until(({ stderr }) => stderr.includes('LOAD_NO_APP'))
    write({
      'later/app.ts': `import { defineApp } from 'millrace'
export default defineApp('later', (app) => {
  app.function('f', { from: app.stream('s') }, () => {})
})`,
    })
    await dev.until(({ stderr }) => stderr.includes('running later'))
    dev.child.kill('SIGTERM')
    expect(await dev.ended).toMatchObject({ exitCode: 0 })
  })
})
