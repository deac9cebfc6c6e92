/** Transform functions of a delivery under virtual time: batches, answers, retries, and what becomes of each record. */
import { afterEach, describe, expect, it } from 'vitest'
import type { EventTransformer } from './delivery-port.ts'
import type { DeliverySettings } from './delivery-settings.ts'
import { DeliveryKit, type KitOptions, settingsOf, tempDir } from './testing/delivery-kit.ts'

interface Seen {
  readonly invocationId: string
  readonly records: readonly {
    readonly recordId: string
    readonly data: string
    readonly approximateArrivalTimestamp: number
  }[]
}

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A function that answers as told; `events` are those it saw. */
class Scripted implements EventTransformer {
  readonly arn = 'arn:aws:lambda:us-east-1:000000000000:function:f'
  readonly events: Seen[] = []
  private readonly answer: (event: Seen, call: number) => unknown

  constructor(answer: (event: Seen, call: number) => unknown) {
    this.answer = answer
  }

  async invoke(text: string): Promise<string> {
    const event = JSON.parse(text) as Seen
    this.events.push(event)
    const answer = await this.answer(event, this.events.length)
    return typeof answer === 'string' ? answer : JSON.stringify(answer)
  }

  async close(): Promise<void> {}
}

const text = (data: string): string => Buffer.from(data, 'base64').toString()
const base64 = (data: string): string => Buffer.from(data).toString('base64')

function transformed(more: Partial<DeliverySettings['transform']> = {}): DeliverySettings {
  return settingsOf(
    {
      format: { kind: 'raw', delimiter: '\n' },
      errorPrefix: 'errors/',
      buffering: { bytes: 100_000, ms: 60_000 },
    },
    { transform: { functionName: 'f', retries: 3, bufferBytes: 1_000, bufferMs: 10_000, ...more } },
  )
}

async function open(
  transformer: Scripted,
  options: Partial<Omit<KitOptions, 'dir'>> = {},
): Promise<DeliveryKit> {
  const temp = tempDir()
  opened.push(() => temp.remove())
  const kit = await DeliveryKit.open({
    settings: transformed(),
    dir: temp.dir,
    transformers: { f: transformer },
    ...options,
  })
  opened.push(() => kit.close())
  return kit
}

/** Lines of all objects by the folder that they lie in. */
function lines(kit: DeliveryKit, prefix = ''): string[] {
  return Object.entries(kit.texts())
    .filter(([key]) => key.startsWith(prefix))
    .flatMap(([, body]) => body.split('\n').filter(Boolean))
}

describe('a transform function', () => {
  it('sees batches by age and by size, and its results are delivered', async () => {
    const upper = new Scripted(({ records }) => ({
      records: records.map(({ recordId, data }) => ({
        recordId,
        result: 'Ok',
        data: base64(text(data).toUpperCase()),
      })),
    }))
    const kit = await open(upper)
    kit.put(['a', 'b'])
    await kit.advance(9_999)
    expect(upper.events).toHaveLength(0)
    await kit.advance(1)
    expect(upper.events[0]?.records.map(({ data }) => text(data))).toEqual(['a', 'b'])
    kit.put(['x'.repeat(600), 'y'.repeat(600), 'z'.repeat(10)])
    await kit.work()
    expect(upper.events.slice(1).map(({ records }) => records.length)).toEqual([1])
    await kit.advance(100_000)
    expect(lines(kit)).toEqual(['A', 'B', 'X'.repeat(600), 'Y'.repeat(600), 'Z'.repeat(10)])
    expect(kit.app.report()).toMatchObject({ ledgerBalanced: true })
  })

  it('decides for each record what becomes of it', async () => {
    const answers: Record<string, object[]> = {
      ok: [{ result: 'Ok', data: base64('fine') }],
      drop: [{ result: 'Dropped' }],
      fail: [{ result: 'ProcessingFailed', data: base64('ignored') }],
      twice: [
        { result: 'Ok', data: base64('1') },
        { result: 'Ok', data: base64('2') },
      ],
      missing: [],
      odd: [{ result: 'okay' }],
      'no data': [{ result: 'Ok' }],
      'not base64': [{ result: 'Ok', data: '!' }],
    }
    const f = new Scripted(({ records }) => ({
      records: [
        { recordId: 'nobody', result: 'Ok', data: '' },
        ...records
          .toReversed()
          .flatMap(({ recordId, data }) => answers[text(data)]!.map((answer) => ({ recordId, ...answer }))),
      ],
    }))
    const kit = await open(f)
    kit.put(Object.keys(answers))
    await kit.advance(100_000)
    expect(lines(kit, '2026')).toEqual(['fine'])
    const errors = lines(kit, 'errors/processing-failed/2026/').map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    )
    expect(errors.map(({ rawData, errorCode }) => [text(String(rawData)), errorCode])).toEqual([
      ['fail', 'Lambda.ProcessingFailedStatus'],
      ['twice', 'Lambda.DuplicatedRecordId'],
      ['missing', 'Lambda.MissingRecordId'],
      ['odd', 'Lambda.JsonProcessingException'],
      ['no data', 'Lambda.JsonProcessingException'],
      ['not base64', 'Lambda.JsonProcessingException'],
    ])
    expect(errors[0]).toEqual({
      attemptsMade: 1,
      arrivalTimestamp: kit.clock.now() - 100_000,
      errorCode: 'Lambda.ProcessingFailedStatus',
      errorMessage: 'the function answered ProcessingFailed',
      attemptEndingTimestamp: kit.clock.now() - 90_000,
      rawData: base64('fail'),
      lambdaArn: f.arn,
    })
    expect(kit.app.report()).toMatchObject({
      ledgerBalanced: true,
      stages: [
        { name: 'd.prepare', in: 8, out: 7, filtered: 1, errors: 6 },
        { name: 'd', in: 7, out: 1, dead: 6, errors: 6 },
      ],
    })
  })

  it('is tried again when it fails, and then its batch goes to the errors', async () => {
    const f = new Scripted(({ records }, call) => {
      if (text(records[0]!.data) === 'never' || call < 3) {
        throw Object.assign(new Error('out of order'), { code: 'Lambda.FunctionTimedOut' })
      }
      return { records: records.map(({ recordId, data }) => ({ recordId, result: 'Ok', data })) }
    })
    const kit = await open(f)
    kit.put(['late'])
    await kit.advance(120_000)
    expect(f.events).toHaveLength(3)
    expect(lines(kit)).toEqual(['late'])
    kit.put(['never'])
    await kit.advance(120_000)
    expect(f.events).toHaveLength(3 + 4)
    expect(lines(kit, 'errors/').map((line) => JSON.parse(line))).toMatchObject([
      { errorCode: 'Lambda.FunctionTimedOut', attemptsMade: 4, rawData: base64('never') },
    ])
  })

  it.each(['nonsense', '{}', '{"records":{}}'])(
    'fails its batch at once with the answer %s',
    async (answer) => {
      const f = new Scripted(() => answer)
      const kit = await open(f)
      kit.put(['a', 'b'])
      await kit.advance(120_000)
      expect(f.events).toHaveLength(1)
      expect(lines(kit, 'errors/').map((line) => JSON.parse(line))).toMatchObject([
        { errorCode: 'Lambda.JsonProcessingException', attemptsMade: 1 },
        { errorCode: 'Lambda.JsonProcessingException', attemptsMade: 1 },
      ])
    },
  )

  it('that nobody knows fails every record', async () => {
    const kit = await open(new Scripted(() => ''), { transformers: {} })
    kit.put(['a'])
    await kit.advance(120_000)
    expect(lines(kit, 'errors/').map((line) => JSON.parse(line))).toMatchObject([
      { errorCode: 'Lambda.ResourceNotFound' },
    ])
  })
})
