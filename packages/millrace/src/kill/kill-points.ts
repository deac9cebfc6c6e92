/** Runs an app of functions again and again, killed at commit points or at random; what it leaves behind is for the caller to check. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '@millrace/runtime'
import { seededRandom } from '@millrace/values'
import { expect } from 'vitest'
import { type ChildOptions, type KillTarget, runChild } from './kill-kit.ts'

export interface KilledApp {
  /** File of the app. */
  readonly app: string
  /** Folder for data directories. */
  readonly work: string
  /** Throws unless the directory holds what the input says. */
  check(dataDir: string, place: string): Promise<void>
}

/** Kills at each point that these stages pass, as killChains says. `points`: how many there must be. */
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
  await killInChains(points, { full, work, run: { app, arguments: [], limits }, check })
}

/**
 * Kills data directories as killChains says and has each finished and checked. A run that ends before its target is reached leaves no
 * work for what follows: from there on the chain goes on in a new directory, so that each point is tried with all the work ahead.
 */
export async function killInChains(
  points: ReadonlyMap<string, number>,
  {
    full,
    work,
    run,
    check,
  }: Pick<KilledApp, 'work' | 'check'> & {
    readonly full: boolean
    readonly run: Omit<ChildOptions, 'dataDir' | 'probe'>
  },
): Promise<void> {
  let kills = 0
  let directories = 0
  for (const chain of killChains(points, full)) {
    for (let left = chain; left.length > 0; ) {
      const dataDir = join(work, `points-${directories++}`)
      const place = left.map(({ stage, point, pass }) => `${stage} ${point} ${pass}`).join(', ')
      let killed = 0
      while (killed < left.length) {
        const ended = await runChild({ ...run, dataDir, probe: { target: left[killed]! } })
        if (!ended.killed) break
        killed++
      }
      const last = await runChild({ ...run, dataDir })
      expect(last.killed).toBe(false)
      if (!last.killed) expect(last.report.ledgerBalanced, place).toBe(true)
      await check(dataDir, place)
      rmSync(dataDir, { recursive: true })
      kills += killed
      // What was the first of its directory and not reached is not tried again.
      left = left.slice(Math.max(killed, 1))
    }
  }
  // Timing decides how commits are cut, so a run may end before the n-th pass of its target; most must not.
  expect(kills).toBeGreaterThan(points.size / 2)
}

const chainLength = 3

/**
 * What each data directory is killed at. Full: one for each pass of each point. Short: all points, three of them in turn for each
 * directory, so that what is restarted is killed again; each at a quarter of its passes, which leaves enough for the next.
 */
function killChains(points: ReadonlyMap<string, number>, full: boolean): KillTarget[][] {
  const targetOf = (key: string, pass: number): KillTarget => {
    const [stage = '', point = ''] = key.split(' ')
    return { stage, point, pass }
  }
  const entries = [...points]
  if (full)
    return entries.flatMap(([key, count]) => Array.from({ length: count }, (_, i) => [targetOf(key, i + 1)]))
  const chains = Math.ceil(entries.length / chainLength)
  // Neighbours in the list are points of one commit: each goes to a chain of its own.
  return Array.from({ length: chains }, (_, chain) =>
    entries
      .filter((_, i) => i % chains === chain)
      .map(([key, count]) => targetOf(key, Math.max(1, Math.floor(count / (chainLength + 1))))),
  )
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
