/** Runs an app of functions again and again, killed at commit points or at random; what it leaves behind is for the caller to check. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '@millrace/runtime'
import { seededRandom } from '@millrace/values'
import { expect } from 'vitest'
import { runChild } from './kill-kit.ts'

export interface KilledApp {
  /** File of the app. */
  readonly app: string
  /** Folder for data directories. */
  readonly work: string
  /** Throws unless the directory holds what the input says. */
  check(dataDir: string, place: string): Promise<void>
}

/** Kills at each point that these stages pass, at every pass (full) or at one in the middle. `points`: how many there must be. */
export async function killAtPoints(
  { app, work, check }: KilledApp,
  {
    stages,
    points: expected,
    full,
  }: { readonly stages: RegExp; readonly points: number; readonly full: boolean },
): Promise<void> {
  const limits = { batchRecords: 16, batchRecordsMax: 16, retryDelayMs: 5 }
  const passes = join(work, 'passes')
  const calm = join(work, 'points-calm')
  await runChild({ app, arguments: [], dataDir: calm, limits, probe: { passes } })
  await check(calm, 'undisturbed')
  const points = new Map<string, number>()
  for (const line of readFileSync(passes, 'utf8').split('\n')) {
    if (stages.test(line)) points.set(line, (points.get(line) ?? 0) + 1)
  }
  expect(points.size).toBe(expected)
  let kills = 0
  for (const [key, count] of points) {
    const [stage = '', point = ''] = key.split(' ')
    const targets = full ? Array.from({ length: count }, (_, i) => i + 1) : [Math.ceil(count / 2)]
    for (const pass of targets) {
      const dataDir = join(work, `points-${key}-${pass}`)
      const run = { app, arguments: [], dataDir, limits }
      const ended = await runChild({ ...run, probe: { target: { stage, point, pass } } })
      if (ended.killed) kills++
      const again = await runChild(run)
      expect(again.killed).toBe(false)
      if (!again.killed) expect(again.report.ledgerBalanced, key).toBe(true)
      await check(dataDir, `${key} ${pass}`)
      rmSync(dataDir, { recursive: true })
    }
  }
  // Timing decides how commits are cut, so a run may end before the n-th pass of its target; most must not.
  expect(kills).toBeGreaterThan(points.size / 2)
}

/** Kills at random moments until it has been killed `kills` times or is done; then lets it end. Its last report. */
export async function killAtRandom(
  { app, work, check }: KilledApp,
  { kills: wanted, seed }: { readonly kills: number; readonly seed: number },
): Promise<Report> {
  const random = seededRandom(seed)
  const dataDir = join(work, 'random')
  const run = { app, arguments: [], dataDir, limits: { retryDelayMs: 5 } }
  let kills = 0
  while (kills < wanted) {
    const ended = await runChild({ ...run, killAfterMs: 350 + random.below(700) })
    if (!ended.killed) break
    kills++
  }
  const last = await runChild(run)
  if (last.killed) throw new Error('nobody killed the last run')
  expect(last.report.ledgerBalanced).toBe(true)
  await check(dataDir, `after ${kills} kills`)
  expect(kills).toBeGreaterThan(1)
  return last.report
}
