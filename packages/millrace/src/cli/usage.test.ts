/** Wrong usage and help, on the process as a user starts it. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, CliProcess, cli, type Folder, temporaryFolder } from './cli-process.test-kit.ts'

let folder: Folder
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder.remove())

describe('help', () => {
  it.each([
    [['--help'], /Exit codes:[\s\S]*130/],
    [[], /Commands:\n {2}run/],
    [['run', '--help'], /Examples:\n {2}millrace run/],
    [['table', 'scan', '--help'], /Examples:\n {2}millrace table scan/],
    [['stream', 'read', '--help'], /Examples:\n {2}millrace stream read/],
    [['dead', 'list', '--help'], /Examples:\n {2}millrace dead list/],
    [['dashboard', 'import', '--help'], /Examples:\n {2}millrace dashboard import/],
    [['dead', 'edit', '--help'], /Examples:\n {2}millrace dead edit/],
    [['dead', 'redrive', '--help'], /Examples:\n {2}millrace dead redrive/],
    [['put', '--help'], /Examples:\n {2}millrace put/],
    [['replay', '--help'], /Examples:\n {2}millrace replay/],
    [['generate', 'orders', '--help'], /Examples:\n {2}millrace generate orders/],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
  ])('%j goes to standard output with exit 0', async (args, text) => {
    const ended = await cli(args)
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
    expect(ended.stdout).toMatch(text)
  })

  it('lists no command that does not exist', async () => {
    const { stdout } = await cli(['--help'])
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) .*(?:\n {24,}.*)*$/gm)].map((match) => match[1])
    expect(listed).toEqual([
      'run',
      'dev',
      'serve',
      'console',
      'test',
      'sql',
      'notebook',
      'plan',
      'doctor',
      'logs',
      'invoke',
      'keys',
      'table',
      'stream',
      'query',
      'catalog',
      'dashboard',
      'dead',
      'source',
      'put',
      'replay',
      'generate',
    ])
  })
})

describe('wrong usage ends with 2, the fault and the next step, once', () => {
  it.each([
    [['rn', 'x.ts'], /'rn' \(Did you mean run\?\)\. See: millrace --help/],
    [['run'], /Missing required argument 'app\.ts[^']*'\. See: millrace run --help/],
    [['run', 'a.ts', 'b.ts'], /Too many arguments/],
    [['run', 'a.ts', '--until-idel'], /--until-idel' \(Did you mean --until-idle\?\)/],
    [['run', 'missing.app.ts'], /LOAD_NOT_FOUND missing\.app\.ts: There is no such file/],
    [['table', 'scna', 'T'], /See: millrace table --help/],
    [['table', 'scan', 'T', '--limit', '0'], /integer of at least 1/],
    [['table', 'scan', 'T', '--data-dir', 'nowhere'], /no data directory at nowhere/],
    [['table', 'scan', 'T'], /millrace run APP/],
    [
      ['stream', 'read', 'S', '--from', 'yesterday'],
      /it names no place in a stream\. Allowed: earliest, latest/,
    ],
    [['stream', 'read', 'S', '--', '--orders', '1'], /Only "millrace run"/],
    [['generate', 'orders'], /'--orders <n>' not specified/],
    [['generate', 'orders', '--orders', '-1', '--out', 'x'], /integer of at least 0/],
  ])('%j', async (args, text) => {
    const ended = await cli(args, { cwd: folder.path })
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' })
    expect(ended.stderr).toMatch(text)
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)

    const asJson = await cli([args[0] ?? '', ...insertJson(args.slice(1))], { cwd: folder.path })
    const { error } = JSON.parse(asJson.stderr)
    expect(error).toMatchObject({ code: expect.any(String), message: expect.any(String), exitCode: 2 })
    expect(error.next).toEqual(expect.any(String))
  })

  it('nothing is left behind', () => {
    expect(readdirSync(folder.path)).toEqual([])
  })
})

describe('generate orders', () => {
  it('writes equal files for equal flags, with three changes for each order', async () => {
    const flags = ['--orders', '20', '--products', '5', '--seed', '7']
    for (const out of ['a', 'b']) {
      const ended = await cli(['generate', 'orders', ...flags, '--out', out, '--json'], { cwd: folder.path })
      expect(ended).toMatchObject({ exitCode: 0, stderr: '' })
      expect(JSON.parse(ended.stdout)).toMatchObject({ orders: 20, products: 5, changes: 60 })
    }
    for (const name of ['products.json', 'changes.ndjson']) {
      const [a, b] = ['a', 'b'].map((out) => readFileSync(join(folder.path, out, name), 'utf8'))
      expect(a).toBe(b)
    }
    expect(JSON.parse(readFileSync(join(folder.path, 'a/products.json'), 'utf8'))).toHaveLength(5)
    expect(readFileSync(join(folder.path, 'a/changes.ndjson'), 'utf8').trimEnd().split('\n')).toHaveLength(60)
    expect(readdirSync(join(folder.path, 'a')).sort()).toEqual(['changes.ndjson', 'products.json'])
  })

  it('says why a folder cannot be written', async () => {
    writeFileSync(join(folder.path, 'file'), '')
    const ended = await cli(['generate', 'orders', '--orders', '1', '--out', 'file/x'], { cwd: folder.path })
    expect(ended).toMatchObject({ exitCode: 1, stdout: '' })
    expect(ended.stderr).toMatch(/^OUTPUT_FAILED: .*file\/x.* cannot be written/)
  })
})

it('help whose reader is gone ends without a word', async () => {
  const { child, ended } = new CliProcess(['replay', '--help'])
  child.stdout.destroy()
  expect(await ended).toMatchObject({ exitCode: 0, stderr: '' })
})

/** Before "--", where the command's own flags end. */
function insertJson(args: readonly string[]): string[] {
  const end = args.indexOf('--')
  return end < 0 ? [...args, '--json'] : [...args.slice(0, end), '--json', ...args.slice(end)]
}

describe('a clone that was not built', () => {
  it('says how to build it', () => {
    // The door alone: what it opens is missing.
    mkdirSync(join(folder.path, 'bin'))
    const door = join(folder.path, 'bin/millrace.mjs')
    copyFileSync(bin, door)
    const ended = spawnSync(process.execPath, [door, '--help'], { encoding: 'utf8' })
    expect(ended).toMatchObject({ status: 2, stdout: '' })
    expect(ended.stderr).toMatch(/^USAGE: Millrace is not built yet\. Run "npm run build"/)
  })
})
