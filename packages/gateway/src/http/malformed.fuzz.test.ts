/**
 * Malformed requests over raw sockets: bad HTTP, bad frames of HTTP/2, bad bodies, bodies cut off, senders that stop. Each
 * is answered with a client error or closed; none becomes a failure of ours, and the gateway goes on serving.
 * The seed is in the name of the test; MILLRACE_FUZZ_RUNS and SEED change how many and which.
 */
import { type Random, seededRandom } from '@millrace/values'
import { afterEach, expect, test } from 'vitest'
import { ask, client, closeAll, open } from '../testing/open-gateway.ts'
import { callText, runUntil } from '../testing/raw-client.ts'
import { encodeCbor } from '../wire/cbor-encode.ts'

const seed = Number(process.env.SEED ?? 20_261_121)
const runs = Number(process.env.MILLRACE_FUZZ_RUNS ?? 2000)
const atOnce = 40

afterEach(closeAll)

interface Attack {
  readonly bytes: Buffer
  /** What may come back before the close; undefined: anything but a failure. */
  readonly answer?: RegExp
  /** Ends its side after sending; otherwise it waits, and the gateway has to give up on it. */
  readonly ends: boolean
}

const good = callText('PutRecord', '{"StreamName":"toy","PartitionKey":"k","Data":"aGVsbG8="}')
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

const attacks: Record<string, (random: Random) => Attack> = {
  'any bytes': (random) => ({ bytes: anyBytes(random, 200), ends: random.below(2) === 0 }),
  'bytes changed': (random) => ({ bytes: mutated(random, Buffer.from(good)), ends: true }),
  'cut off': (random) => ({
    bytes: Buffer.from(good.slice(0, random.below(good.length))),
    answer: /^HTTP\/1\.1 400 |^$/,
    ends: random.below(2) === 0,
  }),
  'a length that lies': (random) => {
    const length = pick(random, [
      '-1',
      '1e3',
      '0x10',
      '9'.repeat(30),
      '1, 2',
      '',
      ' ',
      '18446744073709551617',
      '+5',
    ])
    const bytes = Buffer.from(good.replace(/Content-Length: \d+/, `Content-Length: ${length}`))
    return { bytes, answer: /^HTTP\/1\.1 4\d\d /, ends: true }
  },
  'two framings at once': () => ({
    bytes: Buffer.from(good.replace(/(Content-Length: \d+)/, '$1\r\nTransfer-Encoding: chunked')),
    answer: /^HTTP\/1\.1 400 /,
    ends: true,
  }),
  'bad chunks': (random) => {
    const head = callText('PutRecord', '').replace('Content-Length: 0', 'Transfer-Encoding: chunked')
    const chunk = pick(random, [
      'zz\r\n',
      '-1\r\n',
      'ffffffffffffffffff\r\n',
      '5\r\nabc\r\n0\r\n\r\n',
      '1;\n\n',
    ])
    return { bytes: Buffer.from(head + chunk), answer: /^HTTP\/1\.1 4\d\d |^$/, ends: true }
  },
  'large headers': (random) => ({
    bytes: Buffer.from(callText('PutRecord', '{}', { [`X-${random.below(9)}`]: 'x'.repeat(20_000) })),
    answer: /^HTTP\/1\.1 431 /,
    ends: true,
  }),
  'bad JSON': (random) => {
    const bytes = mutated(random, Buffer.from('{"StreamName":"toy","Records":[{"a":1.5e3,"b":null}]}'))
    // A change may leave it JSON: then it is a call like others.
    return {
      bytes: withBody(bytes, 'json'),
      answer: /^HTTP\/1\.1 (400 [\s\S]*SerializationException|200 )/,
      ends: true,
    }
  },
  'bad CBOR': (random) => {
    const whole = encodeCbor({
      StreamName: 'toy',
      Records: [{ Data: Buffer.alloc(9), At: new Date(1) }, 1.5, null],
    })
    const bytes = random.below(2) === 0 ? mutated(random, whole) : anyBytes(random, 60)
    return {
      bytes: withBody(bytes, 'cbor'),
      answer: /^HTTP\/1\.1 (400 [\s\S]*SerializationException|200 )/,
      ends: true,
    }
  },
  'any frames': (random) => ({
    bytes: Buffer.concat([
      Buffer.from(preface),
      ...Array.from({ length: 1 + random.below(5) }, () => frame(random)),
    ]),
    ends: random.below(2) === 0,
  }),
  'frames cut off': (random) => {
    const bytes = Buffer.concat([Buffer.from(preface), settings, frame(random)])
    return { bytes: bytes.subarray(0, random.below(bytes.length)), ends: random.below(2) === 0 }
  },
  'headers of HTTP/2 that are none': (random) => ({
    bytes: Buffer.concat([Buffer.from(preface), settings, frameOf(1, 5, 1, anyBytes(random, 50))]),
    ends: random.below(2) === 0,
  }),
}

test(`${runs} malformed requests are refused or closed, and the gateway goes on (seed ${seed})`, async () => {
  const limits = { headerTimeoutMs: 20_000, idleTimeoutMs: 20_000, graceMs: 20_000 }
  const { gateway, clock, failures } = await open({ limits })
  const kinds = Object.keys(attacks)
  for (let first = 0; first < runs; first += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, runs - first) }, (_, i) => {
      const run = first + i
      const kind = kinds[run % kinds.length]!
      const attack = attacks[kind]!(seededRandom(`${seed}/${run}`))
      const sender = client(gateway).send(attack.bytes)
      if (attack.ends) sender.socket.end()
      return { run, kind, attack, sender }
    })
    // Who just waits is given up on, in virtual time.
    await runUntil(clock, Promise.all(batch.map(({ sender }) => sender.closed)))
    for (const { run, kind, attack, sender } of batch) {
      const name = `run ${run}: ${kind}, ${JSON.stringify(attack.bytes.toString('latin1').slice(0, 300))}`
      expect(sender.text, name).not.toMatch(/^HTTP\/1\.1 5|InternalFailure/)
      if (attack.answer !== undefined) expect(sender.text, name).toMatch(attack.answer)
    }
    expect(await ask(gateway, good)).toMatch(/^HTTP\/1\.1 200 /)
  }
  expect(failures).toEqual([])
  // Nothing is left behind that the drain would have to wait for.
  expect(await runUntil(clock, gateway.close())).toBeLessThanOrEqual(1000)
})

const settings = frameOf(4, 0, 0, Buffer.alloc(0))

function frame(random: Random): Buffer {
  const type = random.below(12)
  return frameOf(type, random.below(256), pick(random, [0, 1, 3, 2 ** 31 - 1]), anyBytes(random, 40))
}

/** Length u24, type u8, flags u8, stream u32, payload. */
function frameOf(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

function withBody(body: Buffer, encoding: 'json' | 'cbor'): Buffer {
  const head = callText('PutRecord', '', {
    'Content-Type': `application/x-amz-${encoding}-1.1`,
    'Content-Length': body.length,
  })
  return Buffer.concat([Buffer.from(head), body])
}

function anyBytes(random: Random, max: number): Buffer {
  return Buffer.from(Array.from({ length: random.below(max + 1) }, () => random.below(256)))
}

/** With one to four bytes changed, left out or put in. */
function mutated(random: Random, bytes: Buffer): Buffer {
  let changed = bytes
  for (let change = 0; change <= random.below(4); change++) {
    const at = random.below(changed.length)
    const kept = changed.subarray(at + random.below(2))
    const put = random.below(3) === 0 ? Buffer.alloc(0) : Buffer.of(random.below(256))
    changed = Buffer.concat([changed.subarray(0, at), put, kept])
  }
  return changed
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!
}
