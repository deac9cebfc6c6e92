import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventFrames } from './event-frames.ts'

interface Frame {
  readonly headers: readonly (readonly [string, string])[]
  readonly payload: Uint8Array
}

const word = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function encode({ headers, payload }: Frame): Buffer {
  const head = Buffer.concat(
    headers.map(([name, value]) => {
      const text = Buffer.from(value)
      const size = Buffer.alloc(2)
      size.writeUInt16BE(text.length)
      const nameBytes = Buffer.from(name)
      return Buffer.concat([Buffer.of(nameBytes.length), nameBytes, Buffer.of(7), size, text])
    }),
  )
  const prelude = Buffer.concat([word(16 + head.length + payload.length), word(head.length)])
  const body = Buffer.concat([prelude, word(crc32(prelude)), head, payload])
  return Buffer.concat([body, word(crc32(body))])
}

const frame: fc.Arbitrary<Frame> = fc.record({
  headers: fc.uniqueArray(
    fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ maxLength: 40 })),
    {
      selector: ([name]) => name,
      maxLength: 4,
    },
  ),
  payload: fc.uint8Array({ maxLength: 300 }),
})

function decode(bytes: Buffer, sizes: readonly number[]) {
  const frames = new EventFrames()
  const all: Frame[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    for (const { headers, payload } of frames.push(Uint8Array.from(bytes.subarray(at, at + size))))
      all.push({ headers: [...headers], payload: Uint8Array.from(payload) })
    at += size
  }
  return all
}

const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 })

test('frames come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(frame), sizes, (frames, cuts) => {
      expect(decode(Buffer.concat(frames.map(encode)), cuts)).toEqual(frames)
    }),
  )
})

test('a changed bit is an error, or leaves its frame unread; it never gives another frame', () => {
  fc.assert(
    fc.property(frame, fc.nat(), fc.integer({ min: 0, max: 7 }), (one, at, bit) => {
      const bytes = encode(one)
      bytes[at % bytes.length]! ^= 1 << bit
      let got: Frame[] = []
      try {
        got = decode(bytes, [1000])
      } catch (error) {
        expect(String(error)).toContain('damaged')
      }
      expect(got).toEqual([])
    }),
  )
})
