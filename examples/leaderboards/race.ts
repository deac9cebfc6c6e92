/** A race on training bikes: every racer sends one message a second, the same ones in every run. */
import type { Source, SourceFactory } from 'millrace'

export interface RaceMessage {
  readonly raceId: string
  readonly racerId: string
  /** Since the start, from 0. */
  readonly second: number
  readonly secondsLeft: number
  /** What the racer has achieved since the start. */
  readonly total: number
}

export interface RaceOptions {
  readonly raceId: string
  readonly racers: number
  readonly seconds: number
}

const encoder = new TextEncoder()

/** Turns of the pedals a minute. */
function cadenceOf(racer: number, second: number): number {
  return 70 + (racer % 30) + Math.round(10 * Math.sin(second / 7 + racer))
}

/** 0 to 100. */
function resistanceOf(racer: number, second: number): number {
  return 30 + (racer % 25) + Math.round(8 * Math.sin(second / 11 + 2 * racer))
}

/** What a racer achieves in one second, in hundredths, so that sums are exact. */
export function outputOf(racer: number, second: number): number {
  return (cadenceOf(racer, second) + 35) * (resistanceOf(racer, second) + 65)
}

/** All messages of a second go out together; a race that was stopped goes on where it was. */
export function raceSource({ raceId, racers, seconds }: RaceOptions): SourceFactory {
  return ({ position, clock, signal, route }): Source => {
    // Only this source writes its position.
    let second = (position as number | undefined) ?? 0
    const totals = Array.from({ length: racers }, (_, racer) => totalOf(racer, second))
    const begunAt = clock.now() - second * 1000
    const key = encoder.encode(raceId)
    return {
      async read(builders) {
        await clock.sleep(begunAt + second * 1000 - clock.now(), signal)
        if (signal.aborted || second >= seconds)
          return { position: second, taken: 0, dead: [], done: second >= seconds }
        const shard = builders[route(key, 0, key.length)]!
        for (let racer = 0; racer < racers; racer++) {
          totals[racer]! += outputOf(racer, second)
          const message: RaceMessage = {
            raceId,
            racerId: `racer-${racer}`,
            second,
            secondsLeft: seconds - 1 - second,
            total: totals[racer]! / 100,
          }
          const data = encoder.encode(JSON.stringify(message))
          shard.add(key, 0, key.length, data, 0, data.length, 0)
        }
        second++
        return { position: second, taken: racers, dead: [], done: second >= seconds }
      },
      async close() {},
    }
  }
}

/** In hundredths, over the seconds before `second`. */
export function totalOf(racer: number, second: number): number {
  let total = 0
  for (let s = 0; s < second; s++) total += outputOf(racer, s)
  return total
}
