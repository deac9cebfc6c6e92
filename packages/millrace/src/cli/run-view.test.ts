import type { AppSnapshot, LatencySummary } from '@millrace/runtime'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatMs } from './format.ts'
import { liveView, logLine, reportText } from './run-view.ts'

const latency: LatencySummary = { count: 1234, p50: 1.234, p90: 2.5, p99: 12.7, max: 1500 }
const counts = { late: 0, filtered: 1, dead: 2, inFlight: 3, emitted: 4, errors: 5, state: [] }

const snapshot: AppSnapshot = {
  app: 'orders',
  elapsedMs: 65_000,
  stages: [
    { name: 'orders-source', kind: 'source', in: 123_456, out: 123_456, ...counts, dead: 0, errors: 0 },
    { name: 'enrich', kind: 'query', in: 123_000, out: 122_000, ...counts },
  ],
  live: [
    {
      name: 'orders-source',
      kind: 'source',
      inPerSecond: 10,
      outPerSecond: 10,
      lagRecords: 0,
      latencyMs: { ...latency, count: 0 },
      state: 'running',
    },
    {
      name: 'enrich',
      kind: 'query',
      inPerSecond: 9.4,
      outPerSecond: 9,
      lagRecords: 456,
      latencyMs: latency,
      state: 'running',
    },
  ],
  streams: [
    { name: 'orders', records: 123_456, bytes: 5_000_000 },
    { name: 'enrich.error_stream', records: 0, bytes: 0 },
  ],
  deadLetters: [
    { stage: 'ghost', waiting: 0, redriven: 5, dropped: 1 },
    { stage: 'save-orders', waiting: 1200, redriven: 3, dropped: 4 },
  ],
  tables: [
    { name: 'OrderEnriched', items: 99 },
    { name: 'dead-letters', items: 0 },
  ],
  latencyMs: latency,
  ledgerBalanced: true,
  warnings: [{ code: 'W1', message: 'two columns share a path' }],
}

describe('the live view', () => {
  it('shows what a source says of itself, below the stages, in the log line and in the report', () => {
    const status = { line: 'loading shop.caf\u00e9: 41 %', gauges: [], details: {} }
    const [source, ...others] = snapshot.stages
    const said = { ...snapshot, stages: [{ ...source!, status }, ...others] }
    const line = 'orders-source: loading shop.caf?: 41 %'
    expect(liveView(said, { columns: 100, rows: 40 })[5]).toBe(line)
    expect(logLine(said)).toContain(` errors 5 | ${line} | p50`)
    expect(reportText(said).split('\n')[5]).toBe(line)
  })

  it('fits every terminal, in plain characters', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 80 }), (columns, rows) => {
        const lines = liveView(snapshot, { columns, rows })
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1))
        for (const line of lines) {
          expect(line.length).toBeLessThanOrEqual(columns)
          expect(line).toMatch(/^[ -~]*$/)
        }
      }),
    )
  })

  it('shows each stage with rate, lag, errors and latency', () => {
    expect(liveView(snapshot, { columns: 100, rows: 40 })).toMatchInlineSnapshot(`
      [
        "orders  running 1 min 5 s",
        "",
        "stage            in   out  in/s  lag  errors      p50    p99    max    state",
        "orders-source  123k  123k    10    -       0        -      -      -  running",
        "enrich         123k  122k     9  456       5  1.23 ms  13 ms  1.5 s  running",
        "",
        "orders         123k records  4.8 MiB",
        "OrderEnriched      99 items",
        "",
        "dead letters: save-orders 1.20k (see millrace dead list)",
        "latency: p50 1.23 ms, p90 2.50 ms, p99 13 ms, max 1.5 s over 1.23k",
        "ledger: balanced (in = out + late + filtered + dead + in flight)",
        "warning W1: two columns share a path",
        "",
        "ctrl-C drains and prints the report",
      ]
    `)
  })

  it('says where the console is, below the head', () => {
    const lines = liveView(
      snapshot,
      { columns: 100, rows: 40 },
      { console: 'http://127.0.0.1:4567/console/' },
    )
    expect(lines[1]).toBe('console at http://127.0.0.1:4567/console/')
  })

  it('loses columns from the right on a narrow terminal, never the counts', () => {
    const [, , head = ''] = liveView(snapshot, { columns: 50, rows: 40 })
    expect(head).toMatch(/^stage +in +out/)
    expect(head).not.toMatch(/state/)
  })

  it('says so when the ledger does not balance', () => {
    const broken = { ...snapshot, ledgerBalanced: false }
    expect(liveView(broken, { columns: 100, rows: 40 }).join('\n')).toMatch(/NOT BALANCED/)
    expect(logLine(broken)).toMatch(/NOT BALANCED/)
    expect(reportText(broken)).toMatch(/NOT BALANCED/)
  })
})

describe('the log line and the report', () => {
  it('are short and whole', () => {
    expect(logLine(snapshot)).toMatchInlineSnapshot(
      `"1 min 5 s: orders-source out 123k (10/s), enrich out 122k (9/s) lag 456 errors 5 | p50 1.23 ms p99 13 ms"`,
    )
    expect(reportText(snapshot)).toMatchInlineSnapshot(`
      "orders: 1 min 5 s

      stage              in     out  late  filtered  dead  in flight
      orders-source  123456  123456     0         1     0          3
      enrich         123000  122000     0         1     2          3

      stream               records     kept
      orders                123456  4.8 MiB
      enrich.error_stream        0      0 B

      table          items
      OrderEnriched     99
      dead-letters       0

      dead letters  waiting  redriven  dropped
      ghost               0         5        1
      save-orders      1200         3        4

      latency: p50 1.23 ms, p90 2.50 ms, p99 13 ms, max 1.5 s over 1.23k
      ledger: balanced (in = out + late + filtered + dead + in flight)
      warning W1: two columns share a path
      "
    `)
  })
})

describe('figures', () => {
  it('counts take at most five characters', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (value) => {
        expect(formatCount(value).length).toBeLessThanOrEqual(5)
      }),
    )
  })

  it('are rounded as people expect', () => {
    expect([0, 999, 1000, 9994, 9995, 99_950, 999_499, 999_500, 1.5e9].map(formatCount)).toEqual([
      '0',
      '999',
      '1.00k',
      '9.99k',
      '10.0k',
      '100k',
      '999k',
      '1.00M',
      '1.50G',
    ])
    expect([0, 1023, 1024, 5_000_000].map(formatBytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '4.8 MiB'])
    expect([0.1234, 10, 999, 1500].map(formatMs)).toEqual(['0.12 ms', '10 ms', '999 ms', '1.5 s'])
    expect([1500, 65_000, 3_700_000].map(formatDuration)).toEqual(['1.5 s', '1 min 5 s', '1 h 1 min'])
  })
})
