import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom, VirtualClock } from '@millrace/values'
import { expect, onTestFinished, test } from 'vitest'
import type { CallOutcome } from './function-runner.ts'
import type { MappingSettings } from './mapping-settings.ts'
import { StageHost } from './testing/stage-host.ts'

/** A stage with one record, whose function answers as told. */
async function open(mapping: Partial<MappingSettings>, outcome: CallOutcome) {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-due-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const clock = new VirtualClock(0)
  const streams = [{ name: 'in', shards: 1, retentionMs: 86_400_000 }]
  const host = await StageHost.open({
    dir,
    clock,
    random: seededRandom(1),
    streams,
    mapping,
    call: async () => outcome,
  })
  onTestFinished(() => host.close())
  const record = { key: new Uint8Array([97]), data: new TextEncoder().encode('1') }
  host.store.commit((transaction) => transaction.append('in', [record]))
  await host.settle()
  return { host, clock }
}

const cases: readonly (readonly [name: string, mapping: Partial<MappingSettings>, outcome: CallOutcome])[] = [
  [
    'the end of a window',
    { tumblingWindowMs: 30_000 },
    { kind: 'returned', value: { state: {} }, writes: [] },
  ],
  ['a retry', {}, { kind: 'failed', error: new Error('again') }],
  ['a batching window', { batchingWindowMs: 30_000 }, { kind: 'returned', value: null, writes: [] }],
]

// Timers of the machine wake a little early: what is not yet due when the stage looks can be so when it is asked for how long.
test.each(cases)(
  '%s that comes between a look and the question when to look again is due at once',
  async (_, ...given) => {
    const { host, clock } = await open(...given)
    const due = host.dueInMs()
    expect(due).toBeGreaterThan(0)
    await clock.advance(due - 0.5)
    await host.settle()
    expect(host.dueInMs()).toBeCloseTo(0.5)
    await clock.advance(1)
    expect(host.dueInMs()).toBe(0)
  },
)
