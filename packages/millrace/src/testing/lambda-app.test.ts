/** Apps with Lambda handlers under virtual time: real processes, a real endpoint, no time passing by itself. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../define/app.ts'
import { defineApp } from '../define/define-app.ts'
import type { LambdaSettings } from '../define/lambda.ts'
import { testApp } from './test-app.ts'
import type { TestedApp } from './tested-app.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-lambda-'))
  symlinkSync(join(import.meta.dirname, '../../../../node_modules'), join(dir, 'node_modules'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

let files = 0
function start(handler: string, settings: Partial<LambdaSettings> = {}): Promise<TestedApp> {
  const code = join(dir, `app${files++}.mjs`)
  writeFileSync(code, handler)
  return testApp(
    defineApp('lambdas', (app: App) => {
      const clicks = app.stream('clicks')
      app.stream('out')
      app.lambda('f', { code, from: clicks, timeout: 30, ...settings })
    }),
  )
}

const copy = `import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
const kinesis = new KinesisClient({})
export const handler = async (event, context) => {
  for (const { kinesis: { data, partitionKey } } of event.Records) {
    const n = JSON.parse(Buffer.from(data, 'base64')).n
    if (n === 'fail') throw new Error('as told')
    await kinesis.send(new PutRecordCommand({ StreamName: 'out', Data: Buffer.from(JSON.stringify({ n })), PartitionKey: partitionKey }))
  }
}`

describe('an app with a Lambda handler in a test', () => {
  it('runs it on the records that are put, and sees what it writes', async () => {
    await using app = await start(copy)
    const before = app.now()
    for (let n = 0; n < 20; n++) app.put('clicks', `key-${n}`, { n })
    await app.runUntilIdle()
    expect(app.records('out').map((record) => record.json<{ n: number }>().n)).toEqual([...Array(20).keys()])
    expect(app.now()).toBe(before)
    expect(app.functionLog('f').filter((line) => line.startsWith('REPORT'))).toHaveLength(1)
    expect(app.report().ledgerBalanced).toBe(true)
  })

  it('retries in virtual time, and gives up after the attempts that it has', async () => {
    await using app = await start(copy, { maximumRetryAttempts: 2, batchSize: 1 })
    app.put('clicks', 'a', { n: 'fail' })
    app.put('clicks', 'b', { n: 1 })
    await app.runUntilIdle()
    expect(app.functionLog('f').filter((line) => line.startsWith('REPORT'))).toHaveLength(4)
    expect(app.records('out')).toHaveLength(1)
    const [stage] = app.report().stages
    expect(stage).toMatchObject({ in: 2, out: 1, dead: 1 })
  })

  it('is refused where the handler does not exist', async () => {
    await expect(start('export const main = 1', { handler: 'handler' })).rejects.toMatchObject({
      code: 'HANDLER_MISSING',
    })
  })
})

describe('a Lambda handler that reads a bucket', () => {
  it('gets events of S3, one object each', async () => {
    const code = join(dir, 'objects.mjs')
    writeFileSync(code, 'export const handler = async (event) => console.log(JSON.stringify(event))')
    await using app = await testApp(
      defineApp('objects', (app: App) => {
        const names = app.stream<string>('names')
        const lake = app.bucket('lake')
        app.function('store', { from: names }, async (records) => {
          for (const record of records) await lake.put(record.text(), 'x')
        })
        app.lambda('index', { code, from: lake.created, timeout: 30 })
      }),
    )
    app.put('names', 'k', 'in/one file.json')
    app.put('names', 'k', 'in/two.json')
    await app.runUntilIdle()
    const events = app.functionLog('index').flatMap((line) => {
      const at = line.indexOf('{"Records"')
      return at < 0 ? [] : [JSON.parse(line.slice(at)) as { Records: object[] }]
    })
    expect(events).toHaveLength(2)
    expect(events[0]?.Records).toEqual([
      expect.objectContaining({
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: expect.objectContaining({
          bucket: { name: 'lake', ownerIdentity: { principalId: 'millrace' }, arn: 'arn:aws:s3:::lake' },
          object: expect.objectContaining({ key: 'in/one+file.json', size: 1 }),
        }),
      }),
    ])
  })
})
