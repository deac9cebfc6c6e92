/**
 * The promise, tested by killing: whatever instant the process is killed at (SIGKILL, nothing cleans up), after a restart
 * the table and the enriched stream equal those of an undisturbed run: nothing lost, nothing doubled.
 *
 * Two forms: at commit points, as the undisturbed run passes them; and at random instants while orders flow. `npm test`
 * runs a short form; MILLRACE_KILL=full (npm run test:kill) every commit point and 200 random kills. The seed is printed;
 * MILLRACE_SEED sets it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@millrace/values'
import { afterAll, describe, expect, test } from 'vitest'
import { generateOrdersInto } from './kill-input.ts'
import { leftBehind, runChild } from './kill-kit.ts'
import { killInChains } from './kill-points.ts'

const full = process.env.MILLRACE_KILL === 'full'
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const work = mkdtempSync(join(tmpdir(), 'millrace-kill-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
console.log(`kill tests: ${full ? 'full' : 'short'} form, seed ${seed}`)

describe('killed at a commit point', () => {
  const orders = 40
  // Small batches, so that a few records make many commits of every stage.
  const limits = { batchRecords: 16, batchRecordsMax: 16 }

  test('the result equals an undisturbed run', { timeout: 3_600_000 }, async () => {
    const args = generateOrdersInto(join(work, 'points-input'), orders)
    const passes = join(work, 'passes')
    const calm = join(work, 'points-calm')
    await runChild({ arguments: args.asFast, dataDir: calm, limits, probe: { passes } })
    const expected = await leftBehind(calm)
    expect(expected.items).toHaveLength(orders * 2)
    expect(expected.enriched).toHaveLength(orders * 2)

    const points = countLines(readFileSync(passes, 'utf8'))
    expect(new Set([...points.keys()].map((key) => key.split(' ')[0]))).toEqual(
      new Set(['main', 'enrich', 'save']),
    )
    await killInChains(points, {
      full,
      work,
      run: { arguments: args.asFast, limits },
      check: (dataDir, place) => expectRight(dataDir, expected, place),
    })
  })
})

describe('killed at random', () => {
  const orders = full ? 20_000 : 4_000
  const kills = full ? 200 : 6

  test('the result equals an undisturbed run', { timeout: 3_600_000 }, async () => {
    const random = seededRandom(seed)
    const args = generateOrdersInto(join(work, 'random-input'), orders)
    const calm = join(work, 'random-calm')
    await runChild({ arguments: args.asFast, dataDir: calm })
    const expected = await leftBehind(calm)
    expect(expected.items).toHaveLength(orders * 2)

    const dataDir = join(work, 'random')
    // Paced, so that there is something left to kill; a kill lands between start-up and some way into the flow.
    const paced = args.paced({ seconds: kills * 0.9 })
    let done = 0
    while (done < kills) {
      const ended = await runChild({ arguments: paced, dataDir, killAfterMs: 300 + random.below(1_400) })
      if (!ended.killed) break
      done++
    }
    const last = await runChild({ arguments: paced, dataDir })
    expect(last.killed).toBe(false)
    if (!last.killed) expect(last.report.ledgerBalanced).toBe(true)
    await expectRight(dataDir, expected, `seed ${seed}, ${done} kills`)
    expect(done).toBeGreaterThan(kills / 3)
  })
})

async function expectRight(
  dataDir: string,
  expected: Awaited<ReturnType<typeof leftBehind>>,
  place: string,
): Promise<void> {
  const found = await leftBehind(dataDir)
  expect(found.errorRows, place).toBe(0)
  expect(found.deadLetters, place).toBe(0)
  expect(found.items, place).toEqual(expected.items)
  expect(found.enriched, place).toEqual(expected.enriched)
}

function countLines(text: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const line of text.split('\n')) if (line !== '') counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}
