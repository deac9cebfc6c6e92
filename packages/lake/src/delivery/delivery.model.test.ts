/**
 * The law of deliveries, over random settings, records, changes, faults and kills: the rows that a reader of the bucket finds, those
 * among the errors and those that were dropped are the rows that came in, each once; and at no moment does an object show a row twice
 * or change the rows that it has shown. A kill is possible at every commit point and at every step of every put.
 */
import type { CommitPoint } from '@millrace/store'
import { aggregate, type Random, seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, describe, expect, it } from 'vitest'
import type { RecordTransformer } from './delivery-port.ts'
import type { DeliverySettings } from './delivery-settings.ts'
import { openDeliveries } from './open-deliveries.ts'
import {
  DeliveryKit,
  type KitOptions,
  MemoryBuckets,
  settingsOf,
  startMs,
  tempDir,
} from './testing/delivery-kit.ts'

const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const runs = process.env.MILLRACE_NIGHTLY === '1' ? 400 : 12
console.log(`deliveries against a naive model: ${runs} runs, seed ${seed}`)

class Killed extends Error {}
class Fault extends Error {}

const removers: (() => void)[] = []
afterEach(() => {
  for (const remove of removers.splice(0)) remove()
})

interface Row {
  readonly n: number
  /** What the conversion to CSV makes a number of, or not. */
  readonly id: number | string
  readonly p: string
  readonly fate: 'ok' | 'drop' | 'fail'
}

/** Of one run: how it is set up, and what was put. */
interface Plan {
  readonly settings: DeliverySettings
  readonly hasTransform: boolean
  readonly isPartitioned: boolean
  readonly isCsv: boolean
  readonly shards: number
  readonly killChance: number
  readonly faultChance: number
}

function makePlan(random: Random): Plan {
  const chance = (share: number): boolean => random.next() < share
  const isPartitioned = chance(0.5)
  const hasTransform = isPartitioned || chance(0.5)
  const isCsv = chance(0.4)
  const columns = [
    { name: 'n', type: { kind: 'int' } },
    { name: 'id', type: { kind: 'int' } },
    { name: 'p', type: { kind: 'string' } },
  ] as const
  const settings = settingsOf(
    {
      buffering: { bytes: 30 + random.below(800), ms: random.below(4) * 10_000 },
      format: isCsv ? { kind: 'csv', columns, header: false } : { kind: 'raw', delimiter: '\n' },
      ...(isPartitioned
        ? { prefix: 'p=!{partitionKeyFromLambda:p}/', errorPrefix: 'errors/' }
        : { errorPrefix: 'errors/' }),
    },
    {
      source: chance(0.3)
        ? { kind: 'direct' }
        : { kind: 'stream', stream: 'in', startingPosition: 'TRIM_HORIZON' },
      ...(hasTransform
        ? {
            transform: {
              functionName: 'f',
              retries: 1,
              bufferBytes: 50 + random.below(500),
              bufferMs: random.below(3) * 5_000,
            },
          }
        : {}),
      ...(isPartitioned ? { partitioning: { queries: {}, activeMax: 1 + random.below(6), retryMs: 0 } } : {}),
      ...(chance(0.3)
        ? {
            backup: {
              bucket: 'raw',
              timeZone: 'UTC',
              buffering: { bytes: 200, ms: 20_000 },
              compression: 'UNCOMPRESSED' as const,
            },
          }
        : {}),
    },
  )
  return {
    settings,
    hasTransform,
    isPartitioned,
    isCsv,
    shards: 1 + random.below(3),
    killChance: chance(0.8) ? random.next() * 0.05 : 0,
    faultChance: chance(0.5) ? random.next() * 0.3 : 0,
  }
}

const text = new TextDecoder()
const encoder = new TextEncoder()

/** Fails now and then, always decides the same about a record. */
function transformer(random: Random, isPartitioned: boolean): RecordTransformer {
  return {
    arn: 'arn:f',
    async transform(rows) {
      if (random.below(10) === 0) throw new Error('busy')
      return rows.map(({ data }) => {
        const row = JSON.parse(text.decode(data)) as Row
        if (row.fate === 'drop') return { kind: 'dropped' }
        if (row.fate === 'fail')
          return { kind: 'failed', code: 'Lambda.ProcessingFailedStatus', message: 'no' }
        const keys = isPartitioned ? { p: row.p } : undefined
        return { kind: 'ok', data: encoder.encode(`${JSON.stringify(row)}`), keys }
      })
    },
    close: async () => {},
  }
}

/** What a reader of the bucket finds: rows by object. */
class Reader {
  private readonly shown = new Map<string, string>()
  private readonly plan: Plan

  constructor(plan: Plan) {
    this.plan = plan
  }

  /** Rows of all objects that are there now, and checks of what must hold at any moment. */
  look(
    buckets: MemoryBuckets,
    place: string,
  ): { readonly data: number[]; readonly errors: Map<number, string> } {
    const data: number[] = []
    const errors = new Map<number, string>()
    /** Which object shows a row. */
    const shownBy = new Map<number, string>()
    for (const [key, body] of Object.entries(buckets.texts())) {
      const isError = key.startsWith('errors/')
      const numbers = isError ? this.errorsOf(body, errors) : this.numbersOf(body)
      const before = this.shown.get(key)
      const rows = numbers.join()
      if (before !== undefined) expect(rows, `${place}: ${key} changed`).toBe(before)
      this.shown.set(key, rows)
      for (const n of numbers) {
        expect(shownBy.get(n), `${place}: row ${n} is also in ${key}`).toBeUndefined()
        shownBy.set(n, key)
      }
      if (!isError) data.push(...numbers)
    }
    return { data, errors }
  }

  private numbersOf(body: string): number[] {
    expect(body.endsWith('\n')).toBe(true)
    const lines = body.split('\n').slice(0, -1)
    return lines.map((line) => (this.plan.isCsv ? Number(line.split(',')[0]) : (JSON.parse(line) as Row).n))
  }

  private errorsOf(body: string, into: Map<number, string>): number[] {
    const lines = body.split('\n').slice(0, -1)
    return lines.map((line) => {
      const { rawData, errorCode, lastErrorCode } = JSON.parse(line) as Record<string, string>
      const { n } = JSON.parse(Buffer.from(rawData!, 'base64').toString()) as Row
      into.set(n, errorCode ?? lastErrorCode!)
      return n
    })
  }
}

class Run {
  private readonly random: Random
  private readonly plan: Plan
  private readonly dir: string
  private readonly clock = new VirtualClock(startMs)
  private readonly buckets: MemoryBuckets
  private readonly reader: Reader
  private readonly rows: Row[] = []
  private readonly place: string
  private kit: DeliveryKit | undefined
  private isDead = false
  private calm = false
  kills = 0

  constructor(index: number) {
    this.random = seededRandom(`${seed}/${index}`)
    this.place = `seed ${seed}, run ${index}`
    this.plan = makePlan(this.random)
    const temp = tempDir()
    removers.push(() => temp.remove())
    this.dir = temp.dir
    this.buckets = new MemoryBuckets(this.clock)
    this.reader = new Reader(this.plan)
    this.buckets.onPutStep = () => {
      this.mayDie()
      if (!this.calm && this.random.next() < this.plan.faultChance) throw new Fault('the store is away')
    }
  }

  async play(): Promise<void> {
    for (let step = 0; step < 40; step++) {
      await this.alive(async (kit) => {
        const what = this.random.below(12)
        if (what < 5) this.put(kit)
        else if (what < 7) await kit.work()
        else if (what < 10) await kit.advance(this.random.below(30_000))
        else if (what === 10) this.change(kit)
        else this.reshard(kit)
      })
      this.reader.look(this.buckets, `${this.place}, step ${step}`)
    }
    this.calm = true
    // Something may have been put by a transaction whose end nobody heard of.
    await this.alive(async (kit) => void (await kit.app.runToEnd()))
    await this.expectAll()
    await this.kit?.close()
  }

  /** On a running app; a kill in the middle ends that app, and the next call starts it again. */
  private async alive(work: (kit: DeliveryKit) => Promise<void>): Promise<void> {
    try {
      this.kit ??= await this.open()
      await work(this.kit)
    } catch (error) {
      if (!this.isDead) throw error
    }
    if (!this.isDead) return
    this.kills++
    // Whatever the stages still try comes to nothing.
    await this.kit?.close().catch(() => {})
    this.kit = undefined
    this.isDead = false
    if (this.calm) await this.alive(work)
  }

  private open(): Promise<DeliveryKit> {
    const { settings, shards, isPartitioned } = this.plan
    const options: KitOptions = {
      settings,
      dir: this.dir,
      clock: this.clock,
      buckets: this.buckets,
      shards,
      random: seededRandom(this.random.below(1e9)),
      transformers: { f: transformer(this.random, isPartitioned) },
      limits: { retryDelayMs: 1_000, batchRecords: 5, batchRecordsMax: 50 },
      probe: (_: CommitPoint) => this.mayDie(),
    }
    return DeliveryKit.open(options)
  }

  private mayDie(): void {
    if (!this.isDead && !this.calm && this.random.next() < this.plan.killChance) this.isDead = true
    if (this.isDead) throw new Killed('killed')
  }

  /** The reshard or put itself may be what is killed: only what is in the log counts. */
  private put(kit: DeliveryKit): void {
    const rows = Array.from({ length: 1 + this.random.below(8) }, (_, i) => this.row(this.rows.length + i))
    const data = rows.map((row) => encoder.encode(JSON.stringify(row)))
    const isAggregate = this.plan.settings.source.kind === 'stream' && this.random.below(3) === 0
    const records = isAggregate
      ? aggregate(data.map((each) => ({ partitionKey: 'k', data: each }))).map((packed) => packed.data)
      : data
    const before = this.heads(kit)
    try {
      kit.put(records, `k${this.random.below(7)}`)
    } finally {
      if (this.heads(kit) > before) this.rows.push(...rows)
    }
  }

  private heads(kit: DeliveryKit): number {
    return kit.heads()
  }

  private row(n: number): Row {
    const { random } = this
    const hasFate = this.plan.hasTransform
    return {
      n,
      id: random.below(8) === 0 ? 'none' : n,
      p: 'abcdefgh'[random.below(8)]!,
      fate: hasFate ? (['ok', 'ok', 'ok', 'drop', 'fail'] as const)[random.below(5)]! : 'ok',
    }
  }

  private change(kit: DeliveryKit): void {
    const directory = openDeliveries({ store: kit.store, clock: this.clock })
    const { version } = directory.get(kit.name)!
    const { settings } = this.plan
    const { destination } = settings
    if (destination.kind !== 'files') return
    const buffering = { bytes: 30 + this.random.below(800), ms: this.random.below(4) * 10_000 }
    const from = this.random.below(2) === 0 ? {} : { from: this.clock.now() + 1 + this.random.below(20_000) }
    directory.update(
      kit.name,
      { ...settings, destination: { ...destination, buffering } },
      { version, ...from },
    )
  }

  private reshard(kit: DeliveryKit): void {
    const info = kit.store.stream('in')!
    const open = info.shardInfos.filter(({ closedAt }) => closedAt === undefined)
    const shard = open[this.random.below(open.length)]!
    const { start, end } = shard.range
    const middle = (start + end) / 2n
    if (middle <= start || info.shardInfos.length > 12) return
    const parents = [shard.shard]
    kit.store.reshard('in', {
      close: parents,
      open: [
        { range: { start, end: middle }, parents },
        { range: { start: middle + 1n, end }, parents },
      ],
    })
  }

  private async expectAll(): Promise<void> {
    const { data, errors } = this.reader.look(this.buckets, this.place)
    const { isCsv, isPartitioned, hasTransform } = this.plan
    const found = new Set(data)
    for (const { n, id, fate } of this.rows) {
      const place = `${this.place}: row ${n}, ${fate}`
      const code = errors.get(n)
      if (code === 'Lambda.FunctionError') expect([found.has(n), hasTransform], place).toEqual([false, true])
      else if (fate === 'drop') expect([found.has(n), code], place).toEqual([false, undefined])
      else if (fate === 'fail')
        expect([found.has(n), code], place).toEqual([false, 'Lambda.ProcessingFailedStatus'])
      else if (code === 'DynamicPartitioning.ActivePartitionLimitExceeded')
        expect([found.has(n), isPartitioned], place).toEqual([false, true])
      else if (isCsv && id === 'none')
        expect([found.has(n), code], place).toEqual([false, 'DataFormatConversion.MalformedData'])
      else expect([found.has(n), code], place).toEqual([true, undefined])
    }
    expect(data.length + errors.size, this.place).toBe(
      this.rows.filter(({ n, fate }) => fate !== 'drop' || errors.has(n)).length,
    )
    const report = this.kit!.app.report()
    expect(report.ledgerBalanced, `${this.place}: ${JSON.stringify(report.stages)}`).toBe(true)
    for (const stage of report.stages) expect(stage.inFlight, this.place).toBe(0)
    if (this.plan.settings.backup === undefined) return
    const kept = Object.values(this.buckets.texts('raw'))
      .flatMap((body) => [...body.matchAll(/"n":(\d+)/g)])
      .map((match) => Number(match[1]))
    expect(
      kept.sort((a, b) => a - b),
      this.place,
    ).toEqual(this.rows.map(({ n }) => n))
  }
}

describe('a delivery', () => {
  it('brings every row to its place once, whatever happens', { timeout: 600_000 }, async () => {
    let kills = 0
    for (let index = 0; index < runs; index++) {
      const run = new Run(index)
      await run.play()
      kills += run.kills
    }
    expect(kills).toBeGreaterThan(runs / 4)
  })
})
