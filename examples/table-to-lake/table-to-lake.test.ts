/** What the page says: two puts of one item are two lines under the day, the second account reads them, the third does not. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createAccessKey, signRequest } from '@millrace/gateway'
import { systemClock } from 'millrace'
import { type TestedApp, testApp } from 'millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliProcess } from '../../packages/millrace/src/cli/cli-process.test-kit.ts'
import tableToLake from './table-to-lake.app.ts'

const startMs = Date.UTC(2026, 4, 17, 23, 58)
const dataDir = mkdtempSync(join(tmpdir(), 'millrace-table-to-lake-'))
afterAll(() => rmSync(dataDir, { recursive: true }))

const architect = { id: { S: '864732' }, name: { S: 'Adam' }, Designation: { S: 'Architect' } }
const senior = { ...architect, Designation: { S: 'Senior Architect' } }

describe('a table in the lake', () => {
  let app: TestedApp
  let client: DynamoDBClient
  beforeAll(async () => {
    app = await testApp(tableToLake, { startMs, dataDir })
    const { url } = await app.gateway()
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
    client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials })
  })
  afterAll(async () => {
    client.destroy()
    await app.close()
  })
  const put = (Item: typeof architect) => client.send(new PutItemCommand({ TableName: 'Staff', Item }))
  const files = async () => {
    const bucket = app.bucket('lake')
    const { objects } = await bucket.list('')
    return Promise.all(
      objects.map(async ({ key }) => ({
        key,
        lines: Buffer.from((await bucket.get(key)) ?? [])
          .toString()
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      })),
    )
  }

  test('two puts of one item are two flat lines under the day, two minutes after the first', async () => {
    await put(architect)
    await app.advance(10_000)
    await put(senior)
    await app.advance(100_000)
    expect(await files()).toEqual([])
    await app.advance(30_000)
    const second = startMs / 1000
    expect(await files()).toEqual([
      {
        key: expect.stringMatching(/^staff\/day=2026-05-17\/staff-1-2026-05-17-23-58-00-[0-9a-f-]{36}$/),
        lines: [
          { id: '864732', name: 'Adam', designation: 'Architect', change: 'INSERT', changed_at: second },
          {
            id: '864732',
            name: 'Adam',
            designation: 'Senior Architect',
            change: 'MODIFY',
            changed_at: second + 10,
          },
        ],
      },
    ])
  })

  test('what comes after midnight is under the next day, and 1 MiB does not wait', async () => {
    await app.advance(120_000)
    const Designation = { S: 'x'.repeat(300_000) }
    for (let n = 0; n < 4; n++) await put({ id: { S: `id-${n}` }, name: { S: 'Eve' }, Designation })
    await app.advance(5_000)
    const [, next] = await files()
    expect(next?.key).toMatch(/^staff\/day=2026-05-18\//)
    expect(next?.lines.length).toBeGreaterThanOrEqual(3)
    await app.advance(125_000)
    expect((await files()).flatMap(({ lines }) => lines)).toHaveLength(6)
    expect(app.report().ledgerBalanced).toBe(true)
  })
})

describe('three accounts, at the server of the data directory', () => {
  let server: CliProcess
  let url: string
  const keyOf = (account: string, names: readonly string[]) =>
    createAccessKey({
      directory: dataDir,
      clock: systemClock,
      account,
      policy: [
        { allow: ['millrace:RunQuery'], streams: ['*'] },
        { allow: ['lake:Read'], streams: names },
      ],
    })
  const owner = createAccessKey({ directory: dataDir, clock: systemClock })
  const second = keyOf('222222222222', ['lake/staff/*'])
  const third = keyOf('333333333333', ['lake/orders/*'])
  beforeAll(async () => {
    server = new CliProcess(['serve', '--data-dir', dataDir, '--port', '0', '--json'])
    await server.until(({ stdout }) => stdout.includes('\n'))
    url = JSON.parse(server.stdout).url
  })
  afterAll(async () => {
    server.child.kill('SIGTERM')
    await server.ended
  })

  async function ask(key: typeof owner): Promise<{ rows?: unknown; error?: { code: string } }> {
    const sql = "SELECT designation, day FROM staff WHERE id = '864732' ORDER BY changed_at"
    const request = {
      method: 'POST',
      url: '/admin/query',
      headers: { host: new URL(url).host, 'content-type': 'application/json' },
      body: JSON.stringify({ sql }),
    }
    const credentials = { keyId: key.id, secret: key.secret }
    const time = systemClock.now()
    const headers = signRequest(request, { credentials, region: 'us-east-1', service: 'millrace', time })
    const response = await fetch(`${url}/admin/query`, { method: 'POST', headers, body: request.body })
    // The page's form, which the tests compare.
    return (await response.json()) as { rows?: unknown; error?: { code: string } }
  }

  test('the owner and the second read both versions, the third is refused', async () => {
    const versions = [
      ['Architect', '2026-05-17'],
      ['Senior Architect', '2026-05-17'],
    ]
    expect(await ask(owner)).toMatchObject({ rows: versions })
    expect(await ask(second)).toMatchObject({ rows: versions })
    expect(await ask(third)).toMatchObject({ error: { code: 'LAKE_QUERY_REFUSED' } })
  })
})
