/** Rides on training bikes: one message a second from each bike, the same ones in every run. */
import type { Source, SourceFactory } from 'millrace'

export interface RideMessage {
  /** `start` before the first second; a bike with a broken sensor sends updates without a cadence. */
  readonly event: 'start' | 'update'
  readonly race: string
  readonly class: number
  readonly racer: string
  /** Since the start of the race, from 0. */
  readonly second: number
  /** Turns of the pedals a minute. */
  readonly cadence?: number
  /** 0 to 100. */
  readonly resistance?: number
}

export interface RideOptions {
  /** A race of each class is on at any time; the next one begins when it is over. */
  readonly classes: number
  readonly racers: number
  readonly races: number
  readonly seconds: number
}

/** Every message of a second, of all classes; `second` counts over all races. */
export function messagesAt({ classes, racers, seconds }: RideOptions, second: number): RideMessage[] {
  const race = Math.floor(second / seconds)
  const inRace = second % seconds
  const messages: RideMessage[] = []
  for (let classId = 1; classId <= classes; classId++) {
    for (let racer = 0; racer < racers; racer++) {
      const place = { race: `race-${race}`, class: classId, racer: `racer-${racer}`, second: inRace }
      if (inRace === 0) messages.push({ event: 'start', ...place })
      messages.push({ event: 'update', ...place, ...figuresOf(classId * 31 + racer, race, inRace) })
    }
  }
  return messages
}

/** What the bike shows in that second of that race; racers have better and worse days. */
function figuresOf(racer: number, race: number, second: number): { cadence?: number; resistance: number } {
  const day = (racer * 7 + race * 13) % 17
  const resistance = 30 + (racer % 25) + Math.round(8 * Math.sin(second / 11 + 2 * racer))
  if (racer % 19 === 5 && second % 10 === 3) return { resistance }
  return { cadence: 62 + day + Math.round(10 * Math.sin(second / 7 + racer)), resistance }
}

const encoder = new TextEncoder()

/** The messages of a second go out together; what was stopped goes on where it was. */
export function rideSource(options: RideOptions): SourceFactory {
  const end = options.races * options.seconds
  return ({ position, clock, signal, route }): Source => {
    // Only this source writes its position.
    let second = (position as number | undefined) ?? 0
    const begunAt = clock.now() - second * 1000
    return {
      async read(builders) {
        await clock.sleep(begunAt + second * 1000 - clock.now(), signal)
        if (signal.aborted || second >= end)
          return { position: second, taken: 0, dead: [], done: second >= end }
        const messages = messagesAt(options, second)
        for (const message of messages) {
          const key = encoder.encode(message.race)
          const data = encoder.encode(JSON.stringify(message))
          builders[route(key, 0, key.length)]!.add(key, 0, key.length, data, 0, data.length, 0)
        }
        second++
        return { position: second, taken: messages.length, dead: [], done: second >= end }
      },
      async close() {},
    }
  }
}
