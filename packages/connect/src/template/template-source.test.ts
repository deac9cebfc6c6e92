import { findZone, randomAt } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { CONTRACT_START, describeSourceContract, SourceRun } from '../source-contract.ts'
import { readPeriodicRate, recordsOfSecond } from './periodic-rate.ts'
import { TemplateFeed } from './template-feed.ts'
import { templateSource } from './template-source.ts'

function mustZone(name: string) {
  const zone = findZone(name)
  if (zone === undefined) throw new Error('known to exist')
  return zone
}

const template =
  '{"film_id": {{random.number({"min":1,"max":1000})}}, "state": "{{random.arrayElement(["CA","TX"])}}"}'

describeSourceContract('templateSource', () => ({
  open: templateSource({ template, count: 400, seed: 5 }),
  taken: 400,
  dead: 0,
  isPaced: false,
}))

describeSourceContract('templateSource at a rate, with words', () => ({
  open: templateSource({ template: '{"name":"{{name.firstName}}"}', count: 100, rate: 50 }),
  taken: 100,
  dead: 0,
  isPaced: true,
}))

/** What the rate of the next case draws for each second of its minute. */
const minute = Array.from({ length: 60 }, (_, i) => Date.UTC(2026, 0, 5) + i * 1000)
  .map((time) =>
    recordsOfSecond(
      readPeriodicRate({ mean: 3, deviation: 2 }),
      time,
      mustZone('UTC'),
      randomAt('6 rate', time / 1000),
    ),
  )
  .reduce((sum, count) => sum + count, 0)

describeSourceContract('templateSource by a simulated clock', () => ({
  open: templateSource({
    template: '{"at":"{{date.simTime("YYYY-MM-DD HH:mm:ss")}}"}',
    timeZone: 'UTC',
    periodic: {
      mean: 3,
      deviation: 2,
      simulate: { from: '2026-01-05T00:00:00Z', to: '2026-01-05T00:01:00Z', secondsPerTick: 10, tickMs: 100 },
    },
    seed: 6,
  }),
  taken: minute,
  dead: 0,
  isPaced: true,
}))

describe('templateSource', () => {
  test('ten records at the beginning of each second, from the first one on', async () => {
    const run = await new SourceRun(templateSource({ template, rate: 10, count: 25 }), undefined).open()
    await run.readToEnd()
    expect(run.clock.now() - CONTRACT_START).toBe(2000)
    const times = run.builders.flatMap(({ records }) =>
      records.map(({ originTime }) => originTime - CONTRACT_START),
    )
    expect(times.sort((a, b) => a - b)).toEqual(
      Array.from({ length: 25 }, (_, i) => Math.floor(i / 10) * 1000),
    )
  })

  test('a simulated clock stands in the records, and ticks pace them', async () => {
    const simulate = {
      from: '2026-01-05T00:00:00Z',
      to: '2026-01-05T00:00:06Z',
      secondsPerTick: 2,
      tickMs: 500,
    }
    const source = templateSource({
      template: '{{date.simTime("HH:mm:ss")}}',
      timeZone: 'UTC',
      periodic: { mean: 2, simulate },
      newline: false,
      partitionKey: '$.none',
    })
    const run = await new SourceRun(source, undefined).open()
    await run.readToEnd()
    const records = run.builders.flatMap(({ records }) => records).sort((a, b) => (a.data < b.data ? -1 : 1))
    expect(records.map(({ data }) => data.slice(-2))).toEqual([
      '00',
      '00',
      '01',
      '01',
      '02',
      '02',
      '03',
      '03',
      '04',
      '04',
      '05',
      '05',
    ])
    expect(records.map(({ originTime }) => originTime - CONTRACT_START)).toEqual([
      0, 0, 0, 0, 500, 500, 500, 500, 1000, 1000, 1000, 1000,
    ])
  })

  test('keys are random numbers below 1e10, or members of the record', async () => {
    const bare = await new SourceRun(templateSource({ template, count: 50 }), undefined).open()
    await bare.readToEnd()
    for (const { key } of bare.builders.flatMap(({ records }) => records)) {
      expect(Number(key)).toBeLessThan(1e10)
      expect(key).toMatch(/^\d+$/)
    }
    const keyed = await new SourceRun(
      templateSource({ template, count: 50, partitionKey: '$.film_id' }),
      undefined,
    ).open()
    await keyed.readToEnd()
    for (const { key, data } of keyed.builders.flatMap(({ records }) => records)) {
      expect(data).toContain(`"film_id": ${key},`)
      expect(data.endsWith('}\n')).toBe(true)
    }
  })

  test.each<[string, object, string]>([
    ['neither template nor file', {}, 'give either "template" or "file"'],
    ['both', { template, file: 'x' }, 'give either "template" or "file"'],
    [
      'no such file',
      { file: '/nowhere/film.txt' },
      'FILE_NOT_FOUND /nowhere/film.txt: there is no such file.',
    ],
    ['two rates', { template, rate: 1, periodic: { mean: 1 } }, '"rate" and "periodic" are both given'],
    ['no zone', { template, timeZone: 'Mars' }, 'the time zone "Mars" is not known'],
    ['a rate of zero', { template, rate: 0 }, '"rate" must be a number above 0'],
    ['a mistake in the template', { template: '{{x.y}}' }, 'Invalid module: x'],
  ])('%s is refused where the app is defined', (_, options, message) =>
    expect(() => templateSource(options)).toThrow(message),
  )

  test('another template or seed is refused on the same data', async () => {
    const first = await new SourceRun(templateSource({ template, count: 3 }), undefined).open()
    await first.readToEnd()
    const other = new SourceRun(templateSource({ template, count: 3, seed: 2 }), first.position)
    await expect(other.open()).rejects.toThrow('records of another template, or of another seed')
  })
})

test('a feed of a pause without end says when to ask again', async () => {
  const feed = new TemplateFeed({ template, periodic: { mean: 0 } })
  await feed.start(CONTRACT_START)
  const due = feed.due()
  expect(due).toBeGreaterThan(CONTRACT_START)
})
