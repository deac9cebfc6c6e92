/** What the bikes of a race send: one message a racer and second. Equal seconds give equal messages. */
export interface RaceMessage {
  readonly raceId: string
  readonly racerId: string
  /** Since the start, from 0. */
  readonly second: number
  /** Turns of the pedals a minute. */
  readonly cadence: number
  /** 0 to 100. */
  readonly resistance: number
  readonly name: string
  readonly classId: string
  readonly deviceTimestamp: string
}

const names = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gina', 'Hugo', 'Iris', 'Jon']

export function messageOf(racer: number, second: number, startMs: number): RaceMessage {
  return {
    raceId: 'race-1',
    racerId: `racer-${racer}`,
    second,
    cadence: 70 + (racer % 30) + Math.round(10 * Math.sin(second / 7 + racer)),
    resistance: 30 + (racer % 25) + Math.round(8 * Math.sin(second / 11 + 2 * racer)),
    name: `${names[racer % names.length]} ${racer}`,
    classId: 'evening-ride',
    deviceTimestamp: new Date(startMs + second * 1000).toISOString(),
  }
}

/** What a racer achieves in a second. */
export function outputOf({ cadence, resistance }: Pick<RaceMessage, 'cadence' | 'resistance'>): number {
  return ((cadence + 35) * (resistance + 65)) / 100
}
