/** The best of all time: for each racer of a class, and each second of a race, the highest output that there ever was. */
import { gunzipSync, gzipSync } from 'node:zlib'

/** Racer -> outputs by second; null where there was none. */
export type Bests = Record<string, (number | null)[]>

/** A message as the transform leaves it. */
export interface Ride {
  readonly class: number
  readonly racer: string
  readonly second: number
  readonly output: number
}

export function bestsKey(classId: number): string {
  return `class-${classId}.gz`
}

/** Puts better outputs into `bests`; how many there were. The order of rides does not matter, nor does a ride that comes twice. */
export function addRides(bests: Bests, rides: readonly Ride[]): number {
  let better = 0
  for (const { racer, second, output } of rides) {
    bests[racer] ??= []
    const outputs = bests[racer]
    while (outputs.length <= second) outputs.push(null)
    const best = outputs[second]
    if (best != null && best >= output) continue
    outputs[second] = output
    better++
  }
  return better
}

export function readBests(file: Uint8Array | undefined): Bests {
  return file === undefined ? {} : JSON.parse(gunzipSync(file).toString())
}

export function writeBests(bests: Bests): Uint8Array {
  return gzipSync(JSON.stringify(bests))
}

/** The lines of a delivered file, by class. */
export function ridesByClass(file: Uint8Array): Map<number, Ride[]> {
  const classes = new Map<number, Ride[]>()
  for (const line of gunzipSync(file).toString().split('\n')) {
    if (line === '') continue
    const ride: Ride = JSON.parse(line)
    const rides = classes.get(ride.class)
    if (rides === undefined) classes.set(ride.class, [ride])
    else rides.push(ride)
  }
  return classes
}
