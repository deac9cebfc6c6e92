/**
 * Readings of a hundred sensors, one after the other at an even pace. The n-th reading is the same in every run of a seed, but for its
 * time. Temperatures are even between 10 and 180 degrees. Above 160 the status is ERROR; above 140, and of one reading in five
 * below, it is WARNING or ERROR by a throw of a coin; else OK. So the averages are ERROR > WARNING > OK.
 */
import { type Source, type SourceFactory, seededRandom } from 'millrace'

export interface Reading {
  readonly sensor_id: number
  readonly current_temperature: number
  readonly status: 'OK' | 'WARNING' | 'ERROR'
  /** Local time of the sensor, without a zone: 2026-01-01T12:00:00.000. */
  readonly event_time: string
}

export interface SensorSourceOptions {
  readonly seed: string
  /** Readings each second. */
  readonly rate: number
  /** Endless unless given. */
  readonly readings?: number
}

const sensors = 100
const encoder = new TextEncoder()

export function readingAt(seed: string, n: number, timeMs: number): Reading {
  const random = seededRandom(`${seed} ${n}`)
  const temperature = Math.round((10 + random.next() * 170) * 100) / 100
  const isOdd = temperature > 140 || random.below(100) < 20
  const status = temperature > 160 ? 'ERROR' : !isOdd ? 'OK' : random.below(2) === 0 ? 'WARNING' : 'ERROR'
  return {
    sensor_id: 1 + random.below(sensors),
    current_temperature: temperature,
    status,
    event_time: new Date(timeMs).toISOString().replace('Z', ''),
  }
}

export function sensorSource({
  seed,
  rate,
  readings = Number.POSITIVE_INFINITY,
}: SensorSourceOptions): SourceFactory {
  return ({ position, clock, signal, route }): Source => {
    // Only this source writes its position.
    let n = (position as number | undefined) ?? 0
    const begunAt = Math.floor(clock.now()) - (n * 1000) / rate
    const dueAt = () => begunAt + (n * 1000) / rate
    return {
      async read(builders) {
        if (n < readings) await clock.sleep(dueAt() - clock.now(), signal)
        let taken = 0
        while (n < readings && dueAt() <= clock.now() && !signal.aborted && taken < 1_000) {
          const reading = readingAt(seed, n, dueAt())
          const key = encoder.encode(String(reading.sensor_id))
          const data = encoder.encode(JSON.stringify(reading))
          builders[route(key, 0, key.length)]?.add(key, 0, key.length, data, 0, data.length, 0)
          n++
          taken++
        }
        return { position: n, taken, dead: [], done: n >= readings }
      },
      async close() {},
    }
  }
}
