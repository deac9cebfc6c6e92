import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceStatusOf } from '@millrace/cdc'
import type { SourceDoor } from '@millrace/console'
import { MetricRegistry, metricsRoutes } from '@millrace/gateway'
import type { RunningSource } from '@millrace/runtime'
import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { sourceMetricsInto, withSourceTable } from './source-metrics.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../../docs/metrics.md'), 'utf8')

function follows(changes: number): RunningSource {
  const status = sourceStatusOf({
    source: 'shop-source',
    database: 'postgres://127.0.0.1:5432 18.4',
    phase: 'following',
    position: '0/16B3748',
    lagMs: 2_500,
    tables: [
      {
        schema: 'shop',
        table: 'or"ders',
        phase: 'following',
        loadedRows: 10,
        estimatedRows: undefined,
        changes,
        rowsPerSecond: undefined,
        remainingMs: undefined,
        reason: undefined,
      },
    ],
    health: undefined,
    warnings: [],
  })
  return { name: 'shop-source', into: 'shop', state: 'running', status }
}

test('gauges of sources are at /metrics; DMS has names for the lag and the rates of databases, which alarms can watch', async () => {
  const clock = new VirtualClock(60_000)
  const registry = new MetricRegistry({ clock })
  const silent: RunningSource = { name: 'file-source', into: 'lines', state: 'running' }
  let changes = 0
  const app: SourceDoor['app'] = {
    sources: () => [follows(changes), silent],
    requestSource: () => Promise.reject(new Error('not asked here')),
  }
  const stop = new AbortController()
  const watching = sourceMetricsInto(registry, { app }, { clock, signal: stop.signal })
  for (changes = 0; changes < 500; changes += 100) await clock.advance(1_000)
  const text = metricsRoutes(registry).get('/metrics')!({ query: new URLSearchParams() }).body
  expect(text).toContain(
    '# TYPE millrace_source_lag_ms gauge\nmillrace_source_lag_ms{source="shop-source"} 2500\n',
  )
  expect(text).toContain(
    '# TYPE millrace_source_changes_total counter\nmillrace_source_changes_total{source="shop-source",table="shop.or\\"ders"} 500\n',
  )
  expect(text).toContain('aws_dms_cdc_latency_source_seconds_max{task="shop-source"} 2.5\n')
  expect(text).toContain('aws_dms_cdc_throughput_rows_source_max{task="shop-source"} 100\n')
  expect(text).toContain('aws_dms_full_load_throughput_rows_source_max{task="shop-source"} 0\n')
  expect(text).not.toContain('file-source')
  stop.abort()
  await watching
})

test('docs/metrics.md has the table that the list of gauges makes (npm run docs:metrics writes it)', () => {
  expect(page).toBe(withSourceTable(page))
})
