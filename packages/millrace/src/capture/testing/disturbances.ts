/** What may happen to a source, its store and its database while it follows: each is a way to disturb a run of `checkCapture`. */
import { type Random, systemClock } from '@millrace/values'
import type { Between, Disturbed } from './capture-check.ts'
import { CaptureProcess } from './capture-process.ts'
import { FaultProxy } from './fault-proxy.ts'

export type Disturbance = (context: Disturbed) => Promise<void>

/** Ends the source's process by SIGKILL at random moments, and starts it again. */
export function killsOfReader(count: number, { betweenMs }: { readonly betweenMs: number }): Disturbance {
  return async (context) => {
    for (let i = 0; i < count && !context.isOver(); i++) {
      await pause(context, betweenMs)
      await context.capture.kill()
      context.capture = new CaptureProcess(context.spec)
    }
  }
}

const commitPoints = ['before-begin', 'in-transaction', 'before-commit', 'after-commit', 'after-flush']

/**
 * The process ends itself by SIGKILL at points of its store's commits: what was not committed is gone, as after a crash of the
 * machine that the store was on. Each life gets a few commits further.
 */
export function killsAtCommits(count: number, points: readonly string[] = commitPoints): Disturbance {
  return async (context) => {
    await context.capture.kill()
    for (let i = 0; i < count && !context.isOver(); i++) {
      const point = points[context.random.below(points.length)]
      const pass = 1 + context.random.below(12)
      context.capture = new CaptureProcess({
        ...context.spec,
        probe: { target: { stage: 'main', point, pass } },
      })
      // Where too little is written to come that far, the sessions end first.
      while (context.capture.isRunning && !context.isOver()) await systemClock.sleep(20)
      await context.capture.kill()
    }
    context.capture = new CaptureProcess(context.spec)
  }
}

/** Ends the database by SIGKILL and starts it again; the source goes on by itself. */
export function killsOfDatabase(count: number, { betweenMs }: { readonly betweenMs: number }): Disturbance {
  return async (context) => {
    for (let i = 0; i < count && !context.isOver(); i++) {
      await pause(context, betweenMs)
      await context.server.kill()
      await systemClock.sleep(context.random.below(300))
      await context.server.start()
    }
  }
}

export function inTurn(...all: readonly Disturbance[]): Disturbance {
  return async (context) => {
    for (const disturb of all) await disturb(context)
  }
}

/** A proxy that cuts each connection after a random number of bytes, but lets the first and every third one be. */
export function cuttingProxy(bytesMax: number): Between {
  return (server, random) => {
    let connections = 0
    return FaultProxy.start(server.port, random, () => (connections++ % 3 === 0 ? undefined : bytesMax))
  }
}

function pause({ random }: { readonly random: Random }, betweenMs: number): Promise<void> {
  return systemClock.sleep(betweenMs / 2 + random.below(betweenMs))
}
