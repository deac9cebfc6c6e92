/**
 * The notebook's cells over readings of a fixed seed give what plain arithmetic over the same readings gives; and the INSERT, promoted to
 * a query of the app, writes exactly the rows that the cell writes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseNotebook } from '@millrace/console'
import { defineApp } from 'millrace'
import { testApp } from 'millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NotebookKit } from '../../packages/millrace/src/notebook/notebook-host.test-kit.ts'
import { type Reading, readingAt, sensorSource } from './sensor-source.ts'
import sensors from './sensors.app.ts'

const seed = 'test'
const rate = 10
const count = 1_500
const startMs = Date.UTC(2026, 0, 1, 12, 0, 0)
const timeOf = (n: number) => startMs + (n * 1000) / rate
const readings: readonly Reading[] = Array.from({ length: count }, (_, n) => readingAt(seed, n, timeOf(n)))

const notebook = parseNotebook(
  'sensor-studio',
  readFileSync(join(import.meta.dirname, 'sensor-studio.notebook.sql'), 'utf8'),
)

/** The text of a cell, and those of its dialect above it. */
function cell(id: string) {
  const at = notebook.cells.findIndex((each) => each.id === id)
  const before = notebook.cells.slice(0, at).filter(({ dialect }) => dialect === 'flink')
  return { text: notebook.cells[at]?.text ?? '', before: before.map(({ text }) => text) }
}

interface State {
  readonly status: string
  readonly num: number
  readonly average: number
  readonly hopTime: string
}

/** Every window of a minute that ends at a multiple of ten seconds and that the watermark has passed. */
function expectedStates(): State[] {
  const watermark = timeOf(count - 1) - 5_000
  const states: State[] = []
  for (let end = startMs + 10_000; end - 1 <= watermark; end += 10_000) {
    for (const status of ['ERROR', 'OK', 'WARNING']) {
      const own = readings.filter(
        (each, n) => each.status === status && timeOf(n) < end && timeOf(n) >= end - 60_000,
      )
      const sum = own.reduce((total, each) => total + each.current_temperature, 0)
      const hopTime = new Date(end - 1).toISOString()
      if (own.length > 0)
        states.push({ status, num: own.length, average: rounded(sum / own.length), hopTime })
    }
  }
  return states.sort(byTime)
}

const rounded = (value: unknown) => Math.round(Number(value) * 1e6) / 1e6
const byTime = (a: State, b: State) => a.hopTime.localeCompare(b.hopTime) || a.status.localeCompare(b.status)

function stateOf([status, num, average, hopTime]: readonly unknown[]): State {
  return { status: String(status), num: Number(num), average: rounded(average), hopTime: String(hopTime) }
}

let kit: NotebookKit
beforeAll(async () => {
  kit = await NotebookKit.open()
  kit.stream('sensor-readings')
  kit.put('sensor-readings', ...readings)
})
afterAll(() => kit.close())

test('every cell of the notebook is free of errors', async () => {
  for (const { id, dialect } of notebook.cells) {
    const { text, before } = cell(id)
    const { marks } = await kit.host.check({ dialect, text, before })
    expect(
      marks.filter(({ severity }) => severity === 'error'),
      id,
    ).toEqual([])
  }
})

test('averages are ERROR > WARNING > OK, and those of the readings', async () => {
  const { text, before } = cell('averages')
  const averages = kit.run(text, { before })
  const total = () => averages.table.reduce((sum, [, num]) => sum + Number(num), 0)
  await averages.until(() => total() === count)
  await averages.stop()
  const found = Object.fromEntries(averages.table.map(([status, , average]) => [status, rounded(average)]))
  for (const status of ['OK', 'WARNING', 'ERROR']) {
    const own = readings.filter((each) => each.status === status)
    const sum = own.reduce((all, each) => all + each.current_temperature, 0)
    expect(found[status]).toBeCloseTo(sum / own.length, 5)
  }
  expect(found.ERROR).toBeGreaterThan(found.WARNING ?? Number.NaN)
  expect(found.WARNING).toBeGreaterThan(found.OK ?? Number.NaN)
})

test('the window of a minute slides by ten seconds; the second stream and the promoted query have the same rows', async () => {
  const expected = expectedStates()
  expect(expected.length).toBeGreaterThan(40)
  const hop = kit.run(cell('hop').text, { before: cell('hop').before })
  const { text, before } = cell('insert')
  const insert = kit.run(text, { before })
  await insert.until(() => insert.progress?.changes === expected.length)
  const written = kit.run('SELECT * FROM sensor_state', { before })
  await hop.until(() => hop.table.length === expected.length)
  await written.until(() => written.table.length === expected.length)
  await Promise.all([hop.stop(), insert.stop(), written.stop()])
  expect(hop.table.map(stateOf).sort(byTime)).toEqual(expected)
  expect(written.table.map(stateOf).sort(byTime)).toEqual(expected)

  const folder = mkdtempSync(join(tmpdir(), 'millrace-sensor-studio-'))
  try {
    const factory = defineApp('promoted', (app) => {
      app.source(sensorSource({ seed, rate, readings: count }), { into: app.stream('sensor-readings') })
      app.queries(join(folder, 'queries'))
    })
    const door = {
      definition: factory.build().definition,
      file: join(folder, 'promoted.app.ts'),
      app: undefined,
    }
    const studio = await NotebookKit.open({ app: door })
    const promoted = await studio.host.promote({ name: 'sensor-state', text, before })
    await studio.close()
    expect(promoted.file).toBe(join(folder, 'queries/sensor-state.sql'))
    expect(promoted.next).toMatch(/millrace dev/)
    const running = await testApp(factory, { startMs })
    await running.advance(timeOf(count) - startMs)
    const rows = running.records('sensor-state').map((record) => record.json<Record<string, unknown>>())
    await running.close()
    const states = rows.map(({ status, num, avg_current_temperature, hop_time }) =>
      stateOf([status, num, avg_current_temperature, `${hop_time}Z`]),
    )
    // The source has ended, so the windows that were open then have ended too.
    const last = expected.at(-1)?.hopTime ?? ''
    expect(states.filter(({ hopTime }) => hopTime <= last).sort(byTime)).toEqual(expected)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('the app feeds the stream, and takes queries from its folder', () => {
  const { definition } = sensors.build()
  expect(definition.stages.map(({ name }) => name)).toEqual(['sensor-readings-source'])
  expect(definition.queryFolders).toEqual([join(import.meta.dirname, 'queries')])
})
