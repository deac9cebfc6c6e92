/** Deliveries whose records hold several records, and whose partitions are what queries find in them. */
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { DeliveryKit, type KitOptions, settingsOf, tempDir } from './testing/delivery-kit.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function open(options: Omit<KitOptions, 'dir'>): Promise<DeliveryKit> {
  const temp = tempDir()
  opened.push(() => temp.remove())
  const kit = await DeliveryKit.open({ ...options, dir: temp.dir })
  opened.push(() => kit.close())
  return kit
}

/** Text by folder; lines of errors by their code. */
function folders(texts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [
      key.slice(0, key.lastIndexOf('/')),
      key.startsWith('errors/')
        ? text
            .trim()
            .split('\n')
            // Error objects are JSON of their own.
            .map((line) => (JSON.parse(line) as { errorCode: string }).errorCode)
            .join(' ')
        : text,
    ]),
  )
}

const partitioned = settingsOf(
  {
    prefix: 'c=!{partitionKeyFromQuery:customer}/y=!{partitionKeyFromQuery:year}/',
    errorPrefix: 'errors/!{firehose:error-output-type}/',
    format: { kind: 'raw', delimiter: '\n' },
  },
  {
    unpack: { subRecords: { form: 'json' } },
    partitioning: {
      queries: { customer: '.customer', year: '.ts | strftime("%Y")' },
      activeMax: 500,
      retryMs: 300_000,
    },
  },
)

describe('records by what queries find in them', () => {
  it('each sub-record goes to the partition of its own values, and failures to the errors', async () => {
    const kit = await open({ settings: partitioned })
    kit.put([
      '{"customer":"a","ts":0}{"customer":"b","ts":0} {"customer":"a","ts":1700000000}',
      '{"customer":"a","ts":1}',
      '{"customer":null,"ts":1}{"ts":1}{"customer":"c","ts":"x"}',
      '{"customer":"../up","ts":0}',
      '{"customer":"a","ts":0}[]',
    ])
    await kit.advance(60_000)
    expect(folders(kit.texts())).toEqual({
      'c=a/y=1970': '{"customer":"a","ts":0}\n{"customer":"a","ts":1}\n',
      'c=a/y=2023': '{"customer":"a","ts":1700000000}\n',
      'c=b/y=1970': '{"customer":"b","ts":0}\n',
      'errors/dynamic-partitioning-failed': expect.stringMatching(/^(DynamicPartitioning\.\w+ ?){4}$/),
      'errors/processing-failed': 'RecordDeAggregation.InvalidJson',
    })
    expect(kit.app.report().ledgerBalanced).toBe(true)
  })

  it('messages of logs are records of their own', async () => {
    const kit = await open({
      settings: settingsOf(
        { format: { kind: 'raw', delimiter: '\n' } },
        { unpack: { decompression: 'gzip', logMessages: true } },
      ),
    })
    const events = { messageType: 'DATA_MESSAGE', logEvents: [{ message: 'one' }, { message: 'two' }] }
    kit.put([
      gzipSync(JSON.stringify(events)),
      gzipSync(JSON.stringify({ messageType: 'CONTROL_MESSAGE' })),
      'no gzip',
    ])
    await kit.advance(60_000)
    const texts = Object.entries(kit.texts())
    expect(texts.map(([key]) => key.split('/')[0])).toEqual(['2026', 'decompression-failed'])
    expect(texts[0]?.[1]).toBe('one\ntwo\n')
    expect(kit.app.report().ledgerBalanced).toBe(true)
  })

  it('a year of the week where the year was meant is warned of', async () => {
    const warned = await open({
      settings: settingsOf({ prefix: '!{timestamp:YYYY/MM}/', errorPrefix: 'e/' }),
    })
    expect(warned.app.report().warnings).toEqual([
      { code: 'DELIVERY_PREFIX', message: expect.stringContaining('Y in "YYYY/MM" is the year of the week') },
    ])
    const right = await open({ settings: settingsOf({ prefix: '!{timestamp:yyyy/MM}/', errorPrefix: 'e/' }) })
    expect(right.app.report().warnings).toEqual([])
  })
})
