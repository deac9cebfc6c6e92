/** Processes that cannot be made, and those that are asked for too late: every run ends, and whoever waits for it goes on. */
import type { CellOutcome } from '@millrace/console'
import { systemClock } from '@millrace/values'
import { afterEach, expect, test } from 'vitest'
import { CellProcesses } from './cell-processes.ts'

const node = process.execPath
afterEach(() => {
  process.execPath = node
})

const job = {
  dataDir: '/nowhere',
  dialect: 'flink',
  text: '',
  before: [],
  rows: 1,
  from: 'earliest',
  folder: '.',
  mayReadFiles: true,
  declarations: [],
  unknown: [],
  inputs: [],
} as const

function open() {
  return new CellProcesses({ clock: systemClock, memoryBytes: 2 ** 28, append: () => {} })
}

test('a process that cannot be made is told, and can be stopped', async () => {
  process.execPath = '/nowhere/node'
  const processes = open()
  const outcomes: CellOutcome[] = []
  const run = processes.run(job, (outcome) => outcomes.push(outcome))
  await expect.poll(() => outcomes).toMatchObject([{ kind: 'done', error: { code: 'NOTEBOOK_ENDED' } }])
  await run.stop()
  await processes.close()
})

test('nothing is started after the end', async () => {
  const processes = open()
  await processes.close()
  process.execPath = '/nowhere/node'
  const outcomes: CellOutcome[] = []
  await processes.run(job, (outcome) => outcomes.push(outcome)).stop()
  expect(outcomes).toMatchObject([{ kind: 'done', reason: 'stopped' }])
})
