/**
 * Records in a log of one shard (`--phase fill`), a function that reads it from its beginning (`--phase run`), and a function
 * that sees records as they come at a rate (`--phase pace`), which writes to a file how long each took to reach it.
 */
import { writeFileSync } from 'node:fs'
import { defineApp, type SourceFactory } from 'millrace'

const keys = 1_000
const recordBytes = 200

interface Reading {
  readonly id: number
  readonly value: number
}

export default defineApp('functions', (app) => {
  const phase = app.option.string('phase', { default: 'fill', help: 'fill, run or pace' })
  const records = app.option.integer('records', { default: 100_000 })
  const form = app.option.string('form', { default: 'batch', help: 'batch, lambda or each' })
  const batchSize = app.option.integer('batch-size', { default: 100 })
  const parallelization = app.option.integer('parallelization', { default: 1 })
  const readings = app.stream<Reading>('readings', { shards: 1 })
  if (phase === 'fill') app.source(filling(records), { into: readings })
  if (phase === 'pace') {
    const rate = app.option.integer('rate', { default: 1_000 })
    app.source(pacing(records, rate), { into: readings })
  }
  if (phase === 'fill') return
  const out = app.option.string('out', { default: '', help: 'file for the hand-over times, ms' })
  let sum = 0
  const times: number[] = []
  const take = ({ id, value }: Reading, waited: number): void => {
    sum += value
    if (out === '') return
    times.push(waited)
    if (id === records - 1) writeFileSync(out, JSON.stringify({ times, sum }))
  }
  switch (form) {
    case 'batch':
      app.function<Reading>('reader', { from: readings, batchSize, parallelization }, (batch) => {
        const entered = performance.timeOrigin + performance.now()
        for (const record of batch) take(record.json(), entered - record.arrivalTimeMs)
      })
      return
    case 'lambda':
      app.lambda('reader', {
        code: new URL('./lambda/reader.mjs', import.meta.url),
        from: readings,
        batchSize,
        parallelizationFactor: parallelization,
        timeout: 60,
        memory: 512,
        environment: out === '' ? {} : { OUT: out, RECORDS: String(records) },
      })
      return
    case 'each':
      app.each('reader', { from: readings, concurrency: parallelization }, (record) =>
        take(record.value, performance.timeOrigin + performance.now() - record.arrivalTimeMs),
      )
      return
    default:
      throw new Error(`there is no form ${form}`)
  }
})

/** As fast as the log takes them. */
function filling(count: number): SourceFactory {
  return (context) => {
    let at = typeof context.position === 'number' ? context.position : 0
    return {
      async read(builders, maxBytes) {
        const from = at
        for (let bytes = 0; bytes < maxBytes && at < count; at++) {
          const { key, data } = reading(at)
          builders[0]?.add(key, 0, key.length, data, 0, data.length, 0)
          bytes += data.length
        }
        return { position: at, taken: at - from, dead: [], done: at === count }
      },
      async close() {},
    }
  }
}

/** Open loop: record i is due at i / rate seconds, whatever comes of those before. */
function pacing(count: number, rate: number): SourceFactory {
  return (context) => {
    const start = performance.now()
    let at = 0
    return {
      async read(builders) {
        const wait = start + (at * 1000) / rate - performance.now()
        if (wait > 0) await context.clock.sleep(wait, context.signal)
        const from = at
        for (; at < count && start + (at * 1000) / rate <= performance.now(); at++) {
          const { key, data } = reading(at)
          builders[0]?.add(key, 0, key.length, data, 0, data.length, 0)
        }
        return { position: at, taken: at - from, dead: [], done: at === count }
      },
      async close() {},
    }
  }
}

const encoder = new TextEncoder()
function reading(id: number): { readonly key: Uint8Array; readonly data: Uint8Array } {
  const mixed = Math.imul(id + 1, 0x9e3779b1) >>> 0
  const text = `{"id":${id},"value":${mixed % 1_000},"text":"`
  return {
    key: encoder.encode(`sensor-${mixed % keys}`),
    data: encoder.encode(`${text + 'x'.repeat(recordBytes - text.length - 2)}"}`),
  }
}
