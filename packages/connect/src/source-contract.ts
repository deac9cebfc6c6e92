/**
 * The contract of every source, as a suite: each source's test gives it a case and all laws of the port are checked.
 * Sources run under a virtual clock, which moves only when a read waits for it.
 */
import { setImmediate as macrotask } from 'node:timers/promises'
import type { Source, SourceContext, SourceFactory, SourceRead } from '@millrace/runtime'
import type { RecordBatchBuilder } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

export const CONTRACT_START = Date.UTC(2026, 5, 1)
const SHARDS = 3

export interface SourceCase {
  readonly open: SourceFactory
  /** How many records come in all, and how many of them are dead. */
  readonly taken: number
  readonly dead: number
  /** Records are due at times of the clock. */
  readonly isPaced: boolean
}

export interface TakenRecord {
  readonly key: string
  readonly data: string
  readonly originTime: number
}

/** A store's builder that keeps records as text. */
export class RecordingBuilder implements RecordBatchBuilder {
  readonly records: TakenRecord[] = []
  byteLength = 0

  get count(): number {
    return this.records.length
  }

  add(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    data: Uint8Array,
    dataStart: number,
    dataEnd: number,
    originTime: number,
  ): void {
    this.byteLength += keyEnd - keyStart + (dataEnd - dataStart)
    this.records.push({
      key: Buffer.from(key.subarray(keyStart, keyEnd)).toString('latin1'),
      data: Buffer.from(data.subarray(dataStart, dataEnd)).toString('latin1'),
      originTime,
    })
  }

  reset(): void {
    this.records.length = 0
    this.byteLength = 0
  }
}

/** One start of a source, with what it has emitted. */
export class SourceRun {
  readonly clock: VirtualClock
  readonly abort = new AbortController()
  readonly builders = Array.from({ length: SHARDS }, () => new RecordingBuilder())
  readonly warnings: { code: string; message: string }[] = []
  readonly dead: SourceRead['dead'][number][] = []
  taken = 0
  position: unknown
  done = false
  readonly #factory: SourceFactory
  #source: Source | undefined

  constructor(factory: SourceFactory, position: unknown, clock = new VirtualClock(CONTRACT_START)) {
    this.#factory = factory
    this.position = position
    this.clock = clock
  }

  async open(): Promise<this> {
    const context: SourceContext = {
      position: this.position,
      clock: this.clock,
      signal: this.abort.signal,
      route: (key, start, end) =>
        Buffer.from(key.subarray(start, end)).reduce((sum, byte) => sum + byte, 0) % SHARDS,
      warn: (code, message) => this.warnings.push({ code, message }),
      kept: new Map(),
      name: 'source',
      report: () => {},
      directory: '',
    }
    this.#source = await this.#factory(context)
    return this
  }

  /** Reads once; time moves on to the next sleeper while the read waits. */
  async read(maxBytes: number): Promise<SourceRead> {
    const result = await withTime(this.clock, this.startRead(maxBytes))
    this.position = JSON.parse(JSON.stringify(result.position))
    this.taken += result.taken
    this.dead.push(...result.dead)
    this.done = result.done
    return result
  }

  startRead(maxBytes: number): Promise<SourceRead> {
    if (this.#source === undefined) throw new Error('open the run first')
    return this.#source.read(this.builders, maxBytes)
  }

  async readToEnd(maxBytes = 1 << 20): Promise<this> {
    while (!this.done) await this.read(maxBytes)
    return this
  }

  async close(): Promise<void> {
    await this.#source?.close()
  }

  /** Key and data of what was emitted, by shard. */
  shards(): { key: string; data: string }[][] {
    return this.builders.map((builder) => builder.records.map(({ key, data }) => ({ key, data })))
  }
}

export async function withTime<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  while (!isSettled) {
    await macrotask()
    if (!isSettled && clock.pending > 0) await clock.advance(clock.nextWake - clock.now())
  }
  return promise
}

export function describeSourceContract(name: string, makeCase: () => Promise<SourceCase> | SourceCase): void {
  describe(`${name} keeps the contract of sources`, () => {
    test('reading to the end takes every record once and says so; reading on takes nothing', async () => {
      const source = await makeCase()
      const run = await (await new SourceRun(source.open, undefined).open()).readToEnd()
      expect(run.taken).toBe(source.taken)
      expect(run.dead.length).toBe(source.dead)
      expect(run.shards().flat().length).toBe(source.taken - source.dead)
      for (const dead of run.dead) {
        expect(dead.code).toMatch(/^[A-Z_]+$/)
        expect(dead.message).not.toBe('')
        expect(dead.place).not.toBe('')
      }
      const again = await run.read(1000)
      expect(again.taken).toBe(0)
      expect(again.done).toBe(true)
      await run.close()
    })

    test('stopping after any read and resuming from its position gives the same records, once, in order', async () => {
      const source = await makeCase()
      const whole = await (await new SourceRun(source.open, undefined).open()).readToEnd()
      await whole.close()
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ maxBytes: fc.integer({ min: 1, max: 3000 }), stop: fc.boolean() }), {
            minLength: 1,
            maxLength: 12,
          }),
          async (steps) => {
            const parts: SourceRun[] = []
            let run = await new SourceRun(source.open, undefined).open()
            for (const { maxBytes, stop } of steps) {
              await run.read(maxBytes)
              if (!stop) continue
              await run.close()
              parts.push(run)
              run = await new SourceRun(source.open, run.position, run.clock).open()
            }
            await run.readToEnd()
            await run.close()
            parts.push(run)
            const joined = whole
              .shards()
              .map((_, shard) => parts.flatMap((part) => part.shards()[shard] ?? []))
            expect(joined).toEqual(whole.shards())
            expect(parts.flatMap((part) => part.dead)).toEqual(whole.dead)
            expect(parts.reduce((sum, part) => sum + part.taken, 0)).toBe(source.taken)
          },
        ),
        { numRuns: 25 },
      )
    })

    test('a read adds at most one record beyond the bytes it was allowed', async () => {
      const source = await makeCase()
      const run = await new SourceRun(source.open, undefined).open()
      while (!run.done) {
        const before = run.builders.map((builder) => builder.count)
        await run.read(1500)
        const added = run.builders.flatMap((builder, i) => builder.records.slice(before[i]))
        const sizes = added.map((record) => record.data.length)
        const last = Math.max(0, ...sizes)
        expect(sizes.reduce((sum, size) => sum + size, 0) - last).toBeLessThan(1500)
      }
      await run.close()
    })

    test('an aborted source takes nothing, does not wait, and keeps its position', async () => {
      const source = await makeCase()
      const run = await new SourceRun(source.open, undefined).open()
      await run.read(500)
      const { position } = run
      run.abort.abort()
      // Without moving the clock: a read that waits for its pace would hang here.
      const result = await run.startRead(1 << 20)
      expect(result.taken).toBe(0)
      expect(result.position).toEqual(position)
      await run.close()
    })

    test('origin times are due times that do not decrease and are never ahead of the clock; none without a pace', async () => {
      const source = await makeCase()
      const run = await new SourceRun(source.open, undefined).open()
      while (!run.done) {
        await run.read(700)
        for (const builder of run.builders) {
          const times = builder.records.map((record) => record.originTime)
          expect(times).toEqual(times.toSorted((a, b) => a - b))
          for (const time of times) {
            if (source.isPaced) expect(time).toBeGreaterThanOrEqual(CONTRACT_START)
            else expect(time).toBe(0)
            expect(time).toBeLessThanOrEqual(run.clock.now())
          }
        }
      }
      await run.close()
    })
  })
}
