/** Two races of two classes, against what their messages say: the files, the bests after each, and how stale they are. */
import { gunzipSync } from 'node:zlib'
import { type TestedApp, testApp } from 'millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import allTimeBests from './all-time-bests.app.ts'
import { addRides, type Bests, bestsKey, type Ride, readBests } from './bests.ts'
import { messagesAt, type RideMessage } from './ride-source.ts'

const ridden = { classes: 2, racers: 25, races: 2, seconds: 90 }
const total = ridden.races * ridden.seconds

let app: TestedApp
beforeAll(async () => {
  app = await testApp(allTimeBests, { options: ridden })
})
afterAll(() => app.close())

/** The messages of the seconds before `second`. */
const messagesBefore = (second: number): RideMessage[] =>
  Array.from({ length: second }, (_, s) => messagesAt(ridden, s)).flat()

/** What the bests of a class are after these messages, computed without the app. */
function bestsAfter(messages: readonly RideMessage[], classId: number): Bests {
  const bests: Bests = {}
  const rides = messages.flatMap(({ class: rideClass, racer, second, cadence, resistance }): Ride[] => {
    if (cadence === undefined || resistance === undefined || rideClass !== classId) return []
    return [{ class: rideClass, racer, second, output: ((cadence + 35) * (resistance + 65)) / 100 }]
  })
  addRides(bests, rides)
  return bests
}

const history = async (classId: number) => readBests(await app.bucket('history').get(bestsKey(classId)))
const listed = async (prefix: string) => (await app.bucket('rides').list(prefix)).objects

describe('all-time bests', () => {
  test('before a minute has passed nothing is delivered', async () => {
    await app.advance(59_000)
    expect(await listed('')).toEqual([])
  })

  test('after a minute the bests are those of the messages until then', async () => {
    await app.advance(2_000)
    expect(await listed('rides/')).toHaveLength(1)
    for (const classId of [1, 2]) {
      const bests = await history(classId)
      expect(Object.keys(bests)).toHaveLength(ridden.racers)
      const [atLeast, atMost] = [
        bestsAfter(messagesBefore(59), classId),
        bestsAfter(messagesBefore(62), classId),
      ]
      for (const [racer, outputs] of Object.entries(bests)) {
        expect(outputs.slice(0, 59)).toEqual(atLeast[racer]!.slice(0, 59))
        expect(outputs).toEqual(atMost[racer]!.slice(0, outputs.length))
      }
    }
  })

  test('in the end they are those of both races: per racer and second the better one', async () => {
    await app.advance((total + 70) * 1000)
    for (const classId of [1, 2]) {
      const bests = bestsAfter(messagesBefore(total), classId)
      expect(await history(classId)).toEqual(bests)
      const first = bestsAfter(messagesBefore(ridden.seconds), classId)
      const improved = Object.entries(bests).flatMap(([racer, outputs]) =>
        outputs.filter((output, second) => output !== first[racer]![second]),
      )
      // Some were better on the second day and some were not: the figures depend on both.
      expect(improved.length).toBeGreaterThan(0)
      expect(improved.length).toBeLessThan(ridden.racers * ridden.seconds)
    }
  })

  test('files hold every message with its output, starts are dropped, and what has no figures is kept aside', async () => {
    const all = messagesBefore(total)
    const lines: (RideMessage & { output: number })[] = []
    for (const { key } of await listed('rides/')) {
      const text = gunzipSync((await app.bucket('rides').get(key)) ?? new Uint8Array(0)).toString()
      lines.push(
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      )
    }
    const whole = all.filter(({ event, cadence }) => event === 'update' && cadence !== undefined)
    expect(lines.map(({ output, ...message }) => message)).toEqual(whole)
    for (const { output, cadence, resistance } of lines)
      expect(output).toBe(((cadence! + 35) * (resistance! + 65)) / 100)

    const failed: RideMessage[] = []
    for (const { key } of await listed('failed/processing-failed/')) {
      const text = Buffer.from((await app.bucket('rides').get(key)) ?? []).toString()
      for (const line of text.trimEnd().split('\n')) {
        const { rawData } = JSON.parse(line)
        failed.push(JSON.parse(Buffer.from(rawData, 'base64').toString()))
      }
    }
    const broken = all.filter(({ event, cadence }) => event === 'update' && cadence === undefined)
    expect(broken.length).toBeGreaterThan(0)
    expect(failed).toEqual(broken)
    expect(app.report().ledgerBalanced).toBe(true)
  })
})
