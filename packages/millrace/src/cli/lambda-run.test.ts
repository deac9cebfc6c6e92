/** `millrace run` with Lambda handlers, as a process: their SDKs reach the app's endpoint, their lines are shown and kept. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Report } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cli, type Folder, lines, temporaryFolder } from './cli-process.test-kit.ts'

const packages = join(import.meta.dirname, '../../../../node_modules')
let folder: Folder

function write(files: { readonly [path: string]: string }): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    writeFileSync(join(folder.path, path), text)
  }
}

/** Copies each record to the stream "out" with its SDK. */
const handlers = {
  'v3/app.mjs': `import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
const kinesis = new KinesisClient({})
export const handler = async (event, context) => {
  console.log('v3 got', event.Records.length)
  await kinesis.send(new PutRecordsCommand({
    StreamName: 'out',
    Records: event.Records.map(({ kinesis: { data, partitionKey } }) => ({ Data: Buffer.from(data, 'base64'), PartitionKey: partitionKey })),
  }))
}`,
  'v2/app.js': `const AWS = require('aws-sdk')
const kinesis = new AWS.Kinesis()
exports.handler = (event, context, callback) => {
  const Records = event.Records.map(({ kinesis: { data, partitionKey } }) => ({ Data: Buffer.from(data, 'base64'), PartitionKey: partitionKey }))
  kinesis.putRecords({ StreamName: 'out', Records }, callback)
}`,
  'v2client/app.mjs': `import Kinesis from 'aws-sdk/clients/kinesis.js'
const kinesis = new Kinesis({ region: 'us-east-1' })
export const handler = async (event) => {
  const Records = event.Records.map(({ kinesis: { data, partitionKey } }) => ({ Data: Buffer.from(data, 'base64'), PartitionKey: partitionKey }))
  return kinesis.putRecords({ StreamName: 'out', Records }).promise()
}`,
}

const app = (code: string) => `import { defineApp, ordersGenerator } from 'millrace'
export default defineApp('copy', (app) => {
  const orders = app.stream('orders')
  app.stream('out')
  app.source(ordersGenerator({ orders: 5, products: 2, seed: 1 }), { into: orders })
  app.lambda('copy', { code: './${code}', handler: 'app.handler', from: orders, memory: 256, timeout: 30, batchSize: 10 })
})`

beforeAll(() => {
  folder = temporaryFolder()
  symlinkSync(packages, join(folder.path, 'node_modules'))
  write(handlers)
  for (const code of ['v3', 'v2', 'v2client']) write({ [`${code}.app.ts`]: app(code) })
})
afterAll(() => folder.remove())

const run = (file: string, ...args: string[]) =>
  cli(['run', file, '--until-idle', ...args], { cwd: folder.path })

describe('handlers unchanged', () => {
  it.each(['v3', 'v2', 'v2client'])('put to a stream with the SDK %s', async (code) => {
    const dir = join(folder.path, `data-${code}`)
    const { stdout, stderr, exitCode } = await run(`${code}.app.ts`, '--json', '--data-dir', dir)
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    const report: Report = JSON.parse(stdout)
    expect(report.ledgerBalanced).toBe(true)
    expect(report.streams.map(({ name, records }) => [name, records])).toEqual([
      ['orders', 15],
      ['out', 15],
    ])
  })

  it('put also where signatures are verified', async () => {
    const dir = join(folder.path, 'data-verify')
    const { stdout, exitCode } = await run('v3.app.ts', '--json', '--auth', 'verify', '--data-dir', dir)
    expect(exitCode).toBe(0)
    const report: Report = JSON.parse(stdout)
    expect(report.streams.find(({ name }) => name === 'out')?.records).toBe(15)
  })

  it('show and keep what they print', async () => {
    const dir = join(folder.path, 'data-lines')
    const { stderr } = await run('v3.app.ts', '--data-dir', dir)
    expect(stderr).toMatch(/^copy \| \S+Z\t[0-9a-f-]{36}\tINFO\tv3 got 10$/m)
    expect(stderr).toMatch(/^copy \| REPORT RequestId: .*Init Duration/m)
    expect(existsSync(join(dir, 'logs/copy.log'))).toBe(true)
    const quiet = await run('v3.app.ts', '--quiet', '--data-dir', join(folder.path, 'data-quiet'))
    expect(quiet.stderr).not.toMatch(/copy \|/)
  })

  it('have their log, whole, by invocation and as JSON, and can be tried with records of their stream', async () => {
    const dir = join(folder.path, 'data-logs')
    await run('v3.app.ts', '--quiet', '--data-dir', dir)
    const logs = (...args: string[]) => cli(['logs', ...args, '--data-dir', dir], { cwd: folder.path })
    const all = lines((await logs('copy')).stdout)
    expect(all.filter((line) => /\tSTART RequestId: /.test(line)).length).toBeGreaterThan(1)
    expect(all.filter((line) => /INFO\tv3 got/.test(line)).length).toBeGreaterThan(1)
    const parsed = lines((await logs('--json')).stdout).map((line) => JSON.parse(line))
    // Before it stands what the SDK has to say while it is loaded.
    const first = parsed.find((line) => line.requestId !== undefined)
    expect(first).toMatchObject({ function: 'copy', text: expect.stringMatching(/^START/) })
    const ofFirst = lines((await logs('copy', '--request', first.requestId)).stdout)
    expect(ofFirst).toHaveLength(4)
    expect(lines((await logs('copy', '--limit', '2')).stdout)).toEqual(all.slice(-2))
    expect(await logs('cpoy')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/DATA_FUNCTION_UNKNOWN.*Did you mean "copy"/),
    })

    const invoke = (...args: string[]) =>
      cli(['invoke', 'plain.app.ts', ...args, '--data-dir', dir], { cwd: folder.path })
    write({
      'plain/app.js':
        'exports.handler = async (event) => { if (!event.Records) throw new RangeError("none"); return event.Records.length }',
      'plain.app.ts': app('plain'),
    })
    const sample = await invoke('--sample', '2')
    expect(JSON.parse(sample.stdout).Records).toMatchObject([
      { eventSource: 'aws:kinesis' },
      { eventSource: 'aws:kinesis' },
    ])
    write({ 'event.json': sample.stdout, 'empty.json': '{}' })
    const tried = await invoke('copy', '--event', 'event.json')
    expect(tried).toMatchObject({
      exitCode: 0,
      stdout: '2\n',
      stderr: expect.stringMatching(/copy \| REPORT/),
    })
    const failed = await invoke('copy', '--event', 'empty.json', '--json')
    expect(failed).toMatchObject({ exitCode: 1, stderr: '' })
    expect(JSON.parse(failed.stdout)).toMatchObject({ kind: 'failed', error: { errorType: 'RangeError' } })
    expect(await invoke('copi', '--event', 'empty.json')).toMatchObject({ exitCode: 2 })
    expect(await invoke('copy')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/--sample/) })
  })

  it('are told that there is no endpoint, where there is none', async () => {
    write({
      'plain/app.js':
        'exports.handler = async () => console.log(process.env.AWS_ENDPOINT_URL ?? "no endpoint")',
      'plain.app.ts': app('plain'),
    })
    const dir = join(folder.path, 'data-plain')
    const { stderr, exitCode } = await run('plain.app.ts', '--no-gateway', '--data-dir', dir)
    expect(stderr).toMatch(/warning: without a gateway the functions of this app find no endpoint/)
    expect(stderr).toMatch(/INFO\tno endpoint/)
    expect(exitCode).toBe(0)
  })

  it('that do not exist are refused at start, with those that do', async () => {
    write({ 'wrong/app.js': 'exports.main = async () => {}', 'wrong.app.ts': app('wrong') })
    const { stderr, exitCode } = await run(
      'wrong.app.ts',
      '--json',
      '--data-dir',
      join(folder.path, 'data-wrong'),
    )
    expect(exitCode).toBe(1)
    const { error } = JSON.parse(stderr)
    expect(error.code).toBe('HANDLER_MISSING')
    expect(error.message).toMatch(/function "copy".*got "app\.handler"\. Allowed: app\.main\./)
  })
})
