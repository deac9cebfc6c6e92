import { afterEach, describe, expect, it } from 'vitest'
import type { PipelineSample } from '../../protocol/pipeline.ts'
import { PipelineSampler } from './sampler.ts'
import { type Run, runApp, smallApp, tickingSource } from './testing/pipeline-kit.ts'

let run: Run | undefined
afterEach(async () => {
  await run?.close()
  run = undefined
})

async function open(...parts: Parameters<typeof smallApp>) {
  run = await runApp(smallApp(...parts))
  let looks = 0
  const { app, clock, door, now } = run
  const counts = () => {
    looks++
    return door.app.counts()
  }
  const sampler = new PipelineSampler({
    store: app.store,
    clock,
    app: { ...door, app: { counts } },
    process: { rssBytes: () => 1_000, cpuMs: () => (clock.now() % 1e6) / 4 },
  })
  return { app, clock, sampler, now, looks: () => looks }
}

/** Collects samples until it is left. */
function listen(sampler: PipelineSampler): { readonly samples: PipelineSample[]; leave(): Promise<void> } {
  const leaving = new AbortController()
  const samples: PipelineSample[] = []
  const done = (async () => {
    for await (const { data } of sampler.listen(leaving.signal)) samples.push(data as PipelineSample)
  })()
  return {
    samples,
    async leave() {
      leaving.abort()
      await done
    },
  }
}

describe('samples', () => {
  it('have the rates of each edge and stage, of the second before', async () => {
    const { app, sampler } = await open({ source: tickingSource({ everyMs: 100, perTick: 5 }) })
    const { samples, leave } = listen(sampler)
    await app.advance(5_000)
    await leave()
    const sample = samples.at(-1)
    expect(samples.length).toBeGreaterThanOrEqual(5)
    for (const edge of [
      'stage:feed>stream:in',
      'stream:in>stage:pass',
      'stage:pass>stream:out',
      'stream:out>stage:save',
      'stage:save>table:Saved',
    ])
      expect(sample?.edges[edge]?.recordsPerSecond, edge).toBeCloseTo(50, 5)
    const { bytes, records } = sample!.streams.find(({ name }) => name === 'in')!
    expect(sample?.edges['stage:feed>stream:in']?.bytesPerSecond).toBeCloseTo((bytes / records) * 50, 3)
    expect(sample?.arrivalsPerSecond).toBeCloseTo(50, 5)
    expect(sample?.ledgerBalanced).toBe(true)
    expect(sample?.process).toEqual({ rssBytes: 1_000, cpu: 0.25 })
    expect(sample?.why).toBeUndefined()
  })

  it('balance each ledger, also with records that were filtered and that died', async () => {
    const { app, sampler } = await open({
      source: tickingSource({ everyMs: 100, total: 40 }),
      minimum: 4,
      fails: (n) => n % 10 === 9,
    })
    const { samples, leave } = listen(sampler)
    await app.advance(10_000)
    await leave()
    const stages = new Map(samples.at(-1)!.stages.map((stage) => [stage.name, stage]))
    expect(stages.get('pass')?.ledger).toMatchObject({ in: 40, out: 36, filtered: 4, balanced: true })
    const save = stages.get('save')!
    expect(save.ledger.dead).toBe(4)
    expect(save.deadLetters).toBe(4)
    for (const { ledger } of stages.values()) {
      const { in: taken, out, late, filtered, dead, inFlight } = ledger
      expect(taken).toBe(out + late + filtered + dead + inFlight)
    }
    expect(samples.at(-1)?.deadLetters).toBe(4)
  })

  it('say how far behind a stage is, in records and in time', async () => {
    // The query is asked for nothing: what is put waits.
    const definition = smallApp()
    run = await runApp({ ...definition, stages: [] })
    const { app, clock, door } = run
    app.store.commit((transaction) =>
      transaction.append('out', [{ key: Buffer.from('k'), data: Buffer.from('{}') }]),
    )
    await app.advance(3_000)
    const sampler = new PipelineSampler({
      store: app.store,
      clock,
      app: { ...door, definition, app: { counts: () => ({ ...door.app.counts(), now: [] }) } },
      process: { rssBytes: () => 0, cpuMs: () => 0 },
    })
    const { samples, leave } = listen(sampler)
    await app.advance(0)
    await leave()
    expect(samples[0]?.edges['stream:out>stage:save']).toMatchObject({ lagRecords: 1, lagMs: 3_000 })
    expect(samples[0]?.stages.find(({ name }) => name === 'save')).toMatchObject({
      lagRecords: 1,
      lagMs: 3_000,
    })
    expect(samples[0]?.edges['stream:in>stage:pass']).toMatchObject({ lagRecords: 0, lagMs: 0 })
  })
})

describe('one sampler for all who listen', () => {
  it('looks once a second, however many listen, and begins anew after the last has gone', async () => {
    const { app, sampler, looks } = await open()
    expect(sampler.isRunning).toBe(false)
    const first = listen(sampler)
    await app.advance(3_000)
    const alone = looks()
    const others = [listen(sampler), listen(sampler), listen(sampler)]
    await app.advance(3_000)
    expect(looks() - alone).toBeLessThanOrEqual(4)
    // Who comes later is told at once.
    for (const { samples } of others) expect(samples.length).toBeGreaterThanOrEqual(3)
    await first.leave()
    expect(sampler.isRunning).toBe(true)
    for (const other of others) await other.leave()
    expect(sampler.isRunning).toBe(false)
    const left = looks()
    await app.advance(5_000)
    expect(looks()).toBe(left)
    const again = listen(sampler)
    await app.advance(2_000)
    await again.leave()
    // The first look after a pause knows no rates, rather than those of the pause.
    expect(again.samples[0]?.arrivalsPerSecond).toBe(0)
    expect(again.samples.at(-1)?.arrivalsPerSecond).toBeCloseTo(10, 5)
  })

  it('gives the newest sample to who is slow, and no queue of older ones', async () => {
    const { app, clock, sampler } = await open()
    const leaving = new AbortController()
    const slow = sampler.listen(leaving.signal)[Symbol.asyncIterator]()
    const first = slow.next()
    await app.advance(0)
    expect((await first).value?.data).toMatchObject({ at: clock.now() })
    await app.advance(10_500)
    const { value } = await slow.next()
    const sample = value?.data as PipelineSample | undefined
    expect(sample?.at).toBeGreaterThanOrEqual(clock.now() - 1_000)
    const waiting = slow.next()
    leaving.abort()
    expect((await waiting).done).toBe(true)
    expect(sampler.isRunning).toBe(false)
  })
})

describe('why nothing comes out', () => {
  const whyAfter = async (ms: number, ...parts: Parameters<typeof smallApp>) => {
    const opened = await open(...parts)
    const { samples, leave } = listen(opened.sampler)
    await opened.app.advance(ms)
    await leave()
    return samples.at(-1)?.why
  }

  it('is not asked while something does', async () => {
    expect(await whyAfter(20_000)).toBeUndefined()
  })

  it('the sources have ended', async () => {
    const { app, sampler, now } = await open({ source: tickingSource({ total: 5 }) })
    now.set('feed', { state: 'done' })
    const { samples, leave } = listen(sampler)
    await app.advance(20_000)
    await leave()
    expect(samples.at(-1)?.why?.message).toMatch(/sources have come to their end/)
  })

  it('nothing comes in', async () => {
    const why = await whyAfter(20_000, { source: tickingSource({ everyMs: 60_000 }) })
    expect(why?.message).toMatch(/^Nothing has come in for \d+ s: source feed runs, but gives no records/)
  })

  it('a query leaves everything out', async () => {
    const why = await whyAfter(20_000, { minimum: 1_000_000 })
    expect(why).toMatchObject({ stage: 'pass', tone: 'warn' })
    expect(why?.message).toMatch(/^Query pass takes records in, but none of them has led to a row/)
  })

  it('a stage has failed, with its error', async () => {
    const { app, sampler, now } = await open()
    now.set('save', { state: 'failed', failure: 'the disk is full\nat somewhere' })
    const { samples, leave } = listen(sampler)
    await app.advance(1_000)
    await leave()
    expect(samples.at(-1)?.why?.message).toBe('Function save has stopped: the disk is full.')
  })

  it('readers are too far behind', async () => {
    const { app, sampler, now } = await open({ source: tickingSource({ total: 5 }) })
    now.set('feed', { waitsFor: { stream: 'in', unreadBytes: 9, bytesMax: 1 } })
    const { samples, leave } = listen(sampler)
    await app.advance(20_000)
    await leave()
    expect(samples.at(-1)?.why?.message).toMatch(/Source feed waits for those who read stream in/)
    expect(samples.at(-1)?.stages[0]?.waitsFor).toMatchObject({ stream: 'in' })
  })
})
