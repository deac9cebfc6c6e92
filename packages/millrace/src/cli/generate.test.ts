/** `millrace generate --template` as a user runs it: to standard output, to a stream, to a delivery. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliProcess, type Ended } from './cli-process.test-kit.ts'
import { type GatewayKit, openGatewayKit } from './gateway.test-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-generate-'))
const film = join(folder, 'film.txt')
writeFileSync(
  film,
  `{
"eventType": "{{random.weightedArrayElement({"weights":[0.3,0.1,0.6],"data":["rent","buy","view"]})}}",
"film_id": {{random.number({"min":1,"max":1000})}}
}`,
)

let kit: GatewayKit
let url = ''
beforeAll(async () => {
  kit = await openGatewayKit()
  url = kit.gateway.url
})
afterAll(async () => {
  await kit.close()
  rmSync(folder, { recursive: true, force: true })
})

const noEnvironment = {
  AWS_ENDPOINT_URL: '',
  AWS_ENDPOINT_URL_KINESIS: '',
  AWS_ENDPOINT_URL_FIREHOSE: '',
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
}

function run(...args: string[]): Promise<Ended> {
  const child = new CliProcess(['generate', ...args], { env: noEnvironment })
  child.child.stdin.end()
  return child.ended
}

describe('generate --template', () => {
  it('prints records, the same for the same seed', async () => {
    const first = await run('--template', film, '--count', '3', '--seed', '7')
    expect(first).toMatchObject({ exitCode: 0, stderr: '' })
    const lines = first.stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    for (const line of lines) {
      expect(JSON.parse(line)).toEqual({
        eventType: expect.stringMatching(/^(rent|buy|view)$/),
        film_id: expect.any(Number),
      })
    }
    expect((await run('--template', film, '--count', '3', '--seed', '7')).stdout).toBe(first.stdout)
    expect((await run('--template', film, '--count', '3', '--seed', '8')).stdout).not.toBe(first.stdout)
  })

  it('puts records to a stream, and says how many', async () => {
    kit.store.defineStream({ name: 'films', shards: 2, retentionMs: Number.POSITIVE_INFINITY })
    const args = [
      '--template',
      film,
      '--to',
      'films',
      '--endpoint',
      url,
      '--count',
      '1200',
      '--json',
      '--no-newline',
    ]
    const ended = await run(...args)
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(JSON.parse(ended.stdout)).toMatchObject({
      stream: 'films',
      endpoint: url,
      records: 1200,
      retries: 0,
    })
    const records = kit.records('films')
    expect(records).toHaveLength(1200)
    for (const { key, text } of records) {
      expect(key).toMatch(/^\d{1,10}$/)
      expect(text).toMatch(/^\{"eventType": "(rent|buy|view)","film_id": \d+\}$/)
    }
  })

  it('keeps to a rate', async () => {
    kit.store.defineStream({ name: 'slow', shards: 1, retentionMs: Number.POSITIVE_INFINITY })
    const ended = await run(
      '--template',
      film,
      '--to',
      'slow',
      '--endpoint',
      url,
      '--count',
      '3',
      '--rate',
      '2',
      '--json',
    )
    expect(ended.exitCode, ended.stderr).toBe(0)
    // Two in the first second, and one in the next.
    expect((JSON.parse(ended.stdout) as { elapsedMs: number }).elapsedMs).toBeGreaterThanOrEqual(1000)
  })

  it('puts records to a delivery in calls of Firehose, and those that fail again', async () => {
    const calls: { target: string | undefined; name: string; records: number }[] = []
    const texts: string[] = []
    let hasFailed = false
    const peer = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        // The command's own request.
        const body = JSON.parse(Buffer.concat(chunks).toString()) as {
          DeliveryStreamName: string
          Records: { Data: string }[]
        }
        const target = request.headers['x-amz-target']
        calls.push({
          target: typeof target === 'string' ? target : undefined,
          name: body.DeliveryStreamName,
          records: body.Records.length,
        })
        // One record of the first call that has several.
        const isFirst = !hasFailed && body.Records.length > 1
        hasFailed ||= isFirst
        const responses = body.Records.map(({ Data }, i) => {
          if (isFirst && i === 1)
            return { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }
          texts.push(Buffer.from(Data, 'base64').toString())
          return { RecordId: `id${i}` }
        })
        response.setHeader('content-type', 'application/x-amz-json-1.1')
        response.end(JSON.stringify({ FailedPutCount: isFirst ? 1 : 0, RequestResponses: responses }))
      })
    })
    await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
    // A server that listens has an address with a port.
    const { port } = peer.address() as AddressInfo
    try {
      const args = ['--template', film, '--to-delivery', 'feed', '--endpoint', `http://127.0.0.1:${port}`]
      const ended = await run(...args, '--count', '600', '--json')
      expect(ended.exitCode, ended.stderr).toBe(0)
      expect(JSON.parse(ended.stdout)).toMatchObject({
        delivery: 'feed',
        records: 600,
        retries: 1,
        throttles: 1,
      })
    } finally {
      peer.close()
    }
    expect(
      calls.every(({ target, name }) => target === 'Firehose_20150804.PutRecordBatch' && name === 'feed'),
    ).toBe(true)
    expect(Math.max(...calls.map(({ records }) => records))).toBeLessThanOrEqual(500)
    expect(texts).toHaveLength(600)
    expect(texts.every((text) => text.endsWith('}\n'))).toBe(true)
  })

  it.each<[string, string[], string]>([
    ['nothing to make', [], 'generate needs --template FILE, or "orders"'],
    ['no end to what is printed', ['--template', film], 'no --count'],
    ['two targets', ['--template', film, '--to', 'a', '--to-delivery', 'b'], 'are both given'],
    ['no such file', ['--template', '/nowhere.txt', '--count', '1'], 'FILE_NOT_FOUND'],
    [
      'a stream that is not there',
      ['--template', film, '--to', 'flims', '--count', '1', '--endpoint', 'URL'],
      'Did you mean "films"?',
    ],
    ['no periodic rate', ['--template', film, '--count', '1', '--periodic', film], 'cannot be read as JSON'],
  ])('%s', async (_, args, message) => {
    const ended = await run(...args.map((arg) => (arg === 'URL' ? url : arg)))
    expect(ended.exitCode).not.toBe(0)
    expect(ended.stderr.toLowerCase()).toContain(message.toLowerCase())
  })

  it('leaves the flags behind "orders" to that command', async () => {
    const ended = await run('orders', '--orders', '2', '--out', folder, '--seed', '5', '--json')
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(JSON.parse(ended.stdout)).toMatchObject({ orders: 2, changes: 6 })
  })
})
