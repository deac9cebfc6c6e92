/**
 * Damaged logs. Under checksums every damage is found before anything is made of it; without them, or where the checksum is right all
 * the same, the decoder gives rows or a CdcError, never another failure, and never takes memory or time that the bytes do not pay for.
 */
import { crc32 } from 'node:zlib'
import { type Random, seededRandom } from '@millrace/values'
import { describe, expect, it } from 'vitest'
import { CdcError } from '../../errors.ts'
import { checksumBytes, eventType, headerBytes } from '../binlog/event-header.ts'
import { readJson } from '../binlog/json.ts'
import { LogBytes } from '../binlog/log-bytes.ts'
import { decodeAll, eventLines, readRecorded, recordedLogs } from './testing/recorded-log.ts'

const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const seed = Number(process.env.MILLRACE_SEED ?? 20261121)

function flip(random: Random, bytes: Buffer, from: number, to: number): void {
  const at = from + random.below(to - from)
  bytes[at]! ^= 1 << random.below(8)
}

/** The event with a few bytes changed, cut or put in; its size says so. */
function damaged(random: Random, event: Buffer): Buffer {
  let body = Buffer.from(event.subarray(headerBytes, event.length - checksumBytes))
  for (let i = 1 + random.below(3); i > 0 && body.length > 0; i--) {
    const at = random.below(body.length)
    switch (random.below(5)) {
      case 0:
        body = body.subarray(0, at)
        break
      case 1:
        body = Buffer.concat([body.subarray(0, at), Buffer.from([random.below(256)]), body.subarray(at)])
        break
      case 2:
        body[at] = [0, 0xff, 0xfe, 0xfd, 0xfc, 0x80][random.below(6)]!
        break
      case 3:
        body[at] = random.below(256)
        break
      default:
        flip(random, body, 0, body.length)
    }
  }
  const whole = Buffer.concat([event.subarray(0, headerBytes), body, Buffer.alloc(checksumBytes)])
  whole.writeUInt32LE(whole.length, 9)
  whole.writeUInt32LE(crc32(whole.subarray(0, -checksumBytes)), whole.length - checksumBytes)
  return whole
}

describe.each(recordedLogs)(`damaged bytes of a log of $name (seed ${seed})`, (recorded) => {
  const events = readRecorded(recorded)

  it('are found where there are checksums: each flipped bit, each cut', async () => {
    const random = seededRandom(`${seed} flip ${recorded.file}`)
    const straight = eventLines((await decodeAll(recorded.family, events)).events)
    for (let round = 0; round < (isNightly ? 5000 : 150); round++) {
      const broken = [...events]
      const index = random.below(events.length)
      const event = Buffer.from(events[index]!)
      if (random.below(4) === 0 && event.length > headerBytes) {
        broken[index] = event.subarray(0, random.below(event.length))
      } else {
        flip(random, event, 0, event.length)
        broken[index] = event
      }
      const outcome = await decodeAll(recorded.family, broken).then(
        ({ events: given }) => eventLines(given),
        (error: unknown) => error,
      )
      // The one bit outside of any checksum says that the file is in use.
      const isInUse = index === 0 && ((event[17] ?? 0) & 1) !== 0
      if (isInUse && Array.isArray(outcome)) expect(outcome).toEqual(straight)
      else
        expect(outcome, `round ${round}, event ${index}`).toMatchObject({
          code: expect.stringMatching(/^CDC_LOG_/),
        })
    }
  }, 60_000)

  it('end in rows or a CdcError where checksums are right all the same', async () => {
    const random = seededRandom(`${seed} damage ${recorded.file}`)
    let failed = 0
    const rounds = isNightly ? 30_000 : 500
    for (let round = 0; round < rounds; round++) {
      const broken = [...events]
      for (let i = 1 + random.below(2); i > 0; i--) {
        const index = random.below(events.length)
        broken[index] = damaged(random, broken[index]!)
      }
      try {
        await decodeAll(recorded.family, broken)
      } catch (error) {
        failed++
        if (!(error instanceof CdcError))
          throw new Error(`round ${round} failed in another way`, { cause: error })
      }
    }
    expect(failed).toBeGreaterThan(rounds / 4)
  }, 120_000)

  it('of types that are swapped end so too', async () => {
    const random = seededRandom(`${seed} types ${recorded.file}`)
    const types = Object.values(eventType)
    for (let round = 0; round < (isNightly ? 5000 : 150); round++) {
      const index = random.below(events.length)
      const event = Buffer.from(events[index]!)
      event[4] = types[random.below(types.length)]!
      event.writeUInt32LE(crc32(event.subarray(0, -checksumBytes)), event.length - checksumBytes)
      const error = await decodeAll(recorded.family, events.with(index, event)).catch(
        (cause: unknown) => cause,
      )
      if (error instanceof Error && !(error instanceof CdcError)) throw error
    }
  }, 60_000)
})

describe('damaged JSON', () => {
  it('whose parts point at each other ends at once', () => {
    // An array of 200 entries, each of which is the array itself.
    const count = 200
    const document = Buffer.alloc(1 + 4 + count * 3)
    document[0] = 2
    document.writeUInt16LE(count, 1)
    document.writeUInt16LE(document.length - 1, 3)
    for (let i = 0; i < count; i++) {
      document[5 + i * 3] = 2
      document.writeUInt16LE(0, 6 + i * 3)
    }
    expect(() => readJson(new LogBytes(document), document.length)).toThrow(/CDC_LOG_INVALID/)
  })

  it('of one long string that all entries share ends at once', () => {
    const count = 2000
    const head = 5 + count * 3
    const document = Buffer.alloc(head + 3 + 8000, 'x')
    document[0] = 2
    document.writeUInt16LE(count, 1)
    document.writeUInt16LE(document.length - 1, 3)
    for (let i = 0; i < count; i++) {
      document[5 + i * 3] = 12
      document.writeUInt16LE(head - 1, 6 + i * 3)
    }
    document[head] = 0xc0
    document[head + 1] = 0x3e
    expect(() => readJson(new LogBytes(document), document.length)).toThrow(/CDC_LOG_INVALID/)
  })
})
