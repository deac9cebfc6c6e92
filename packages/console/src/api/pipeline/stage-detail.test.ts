import type { AppDefinition, FlinkQueryStage } from '@millrace/runtime'
import { afterEach, describe, expect, it } from 'vitest'
import { stageDetail } from './stage-detail.ts'
import { type Run, runApp, smallApp, tickingSource } from './testing/pipeline-kit.ts'

let run: Run | undefined
afterEach(async () => {
  await run?.close()
  run = undefined
})

async function detailOf(definition: AppDefinition, name: string, ms = 3_000) {
  run = await runApp(definition)
  await run.app.advance(ms)
  return stageDetail(name, { store: run.app.store, clock: run.clock, app: run.door })
}

const sums: FlinkQueryStage = {
  kind: 'query',
  name: 'sums',
  dialect: 'flink',
  fileName: 'sums.sql',
  text: `CREATE TABLE readings (id STRING, n INT, ts AS TO_TIMESTAMP_LTZ(n * 1000, 3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
      WITH ('connector' = 'stream');
    CREATE TABLE sums (window_end TIMESTAMP(3), total BIGINT) WITH ('connector' = 'stream');
    INSERT INTO sums SELECT window_end, SUM(CAST(n AS BIGINT)) FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(ts), INTERVAL '10' SECOND))
      GROUP BY window_start, window_end;`,
  inputs: [{ table: 'readings', stream: 'in' }],
  outputs: [{ from: 'sums', stream: 'out', partitionKey: undefined, format: undefined }],
  lookups: [],
  functions: [],
}

describe('the detail of a stage', () => {
  it('of a KDA query: its program, its plan in words, the columns and where they come from', async () => {
    const detail = await detailOf(smallApp({ minimum: 3 }), 'pass')
    expect(detail).toMatchObject({
      kind: 'query',
      files: ['pass.sql', '/apps/small.app.ts'],
      inputs: [{ id: 'stream:in', as: 'SOURCE_SQL_STREAM_001' }],
      outputs: [{ id: 'stream:out', as: 'DEST' }],
      asides: [],
    })
    const { query } = detail
    expect(query?.text).toContain('CREATE OR REPLACE PUMP')
    expect(query?.steps.map(({ kind }) => kind)).toEqual(['input', 'filter', 'project', 'output'])
    expect(query?.steps[1]?.text).toBe(
      'Lets rows of SOURCE_SQL_STREAM_001 through where n >= 3; others end here.',
    )
    expect(query?.mapping[0]).toEqual({ name: 'id', type: 'VARCHAR(16)', path: '$.id' })
    // Each step marks the text that says it.
    const { from = 0, to = 0 } = query?.steps[1]?.span ?? {}
    expect(query?.text.slice(from, to)).toContain('"n" >= 3')
  })

  it('of a Flink query: what its operators hold, under the addresses of its steps, and how far event time has come', async () => {
    const base = smallApp({ source: tickingSource({ everyMs: 100 }) })
    const [source] = base.stages
    const { query, state } = await detailOf({ ...base, stages: [source!, sums] }, 'sums', 3_000)
    const window = query?.steps.find(({ kind }) => kind === 'window-aggregate')
    expect(window?.text).toMatch(/^Collects rows of readings in windows of 10 seconds of ts/)
    expect(state.find(({ id }) => id === window?.operator)).toMatchObject({ kind: 'window-aggregate' })
    // The latest row is of about second 30; the watermark is 5 s behind the slower of the two shards.
    const [time] = query?.times ?? []
    expect(time).toMatchObject({ table: 'readings', stream: 'in', ended: false })
    expect(time?.shards).toHaveLength(2)
    const least = time?.shards.map(({ watermark }) => watermark ?? '').sort()[0]
    expect(time?.watermark).toBe(least)
    expect(Date.parse(time?.watermark ?? '')).toBeGreaterThanOrEqual(15_000)
    expect(Date.parse(time?.watermark ?? '')).toBeLessThanOrEqual(26_000)
  })

  it('of a function: its mapping, what it wrote, and its dead letters', async () => {
    const detail = await detailOf(smallApp({ fails: (n) => n === 7 }), 'save')
    expect(detail.settings).toContainEqual(['Batch size', '10 records at most'])
    expect(detail.settings).toContainEqual(['Retries', '0'])
    expect(detail.outputs.map(({ id }) => id)).toEqual(['table:Saved'])
    expect(detail.asides.map(({ id }) => id)).toEqual(['dead-letters:save'])
    expect(detail.query).toBeUndefined()
  })

  it('of a program that is refused says why', async () => {
    const base = smallApp()
    run = await runApp({ ...base, stages: [] })
    const definition = { ...base, stages: [{ ...sums, text: 'SELECT nothing FROM nowhere;' }] }
    const { query } = stageDetail('sums', {
      store: run.app.store,
      clock: run.clock,
      app: { ...run.door, definition },
    })
    expect(query).toMatchObject({ steps: [], text: 'SELECT nothing FROM nowhere;' })
    expect(query?.problem).toMatch(/nowhere/)
  })

  it('of a stage that is not there names those that are', async () => {
    await expect(detailOf(smallApp(), 'sav')).rejects.toMatchObject({
      code: 'STAGE_UNKNOWN',
      status: 404,
      message: 'There is no stage "sav". There are feed, pass, save.',
    })
  })
})
