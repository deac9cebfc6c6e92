/** The key that a process makes for itself and the functions that it starts. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualClock } from '@millrace/values'
import { expect, onTestFinished, test } from 'vitest'
import { makeOwnKey } from './access-key.ts'
import { Authenticator, type RequestToAuthenticate } from './authenticator.ts'
import { KeyRing } from './key-ring.ts'
import { signRequest } from './sign-request.ts'

const start = Date.parse('2026-11-21T10:30:00Z')

function signed(keyId: string, secret: string): RequestToAuthenticate {
  const [url, body] = ['/', '{}']
  const headers = signRequest(
    { method: 'POST', url, headers: { host: '127.0.0.1:4567' }, body },
    { credentials: { keyId, secret }, region: 'us-east-1', service: 'kinesis', time: start },
  )
  return { method: 'POST', url, rawHeaders: Object.entries(headers).flat(), body: Buffer.from(body) }
}

test('it is verified like any other, may use the services but administer nothing, is in no file, and closes no door', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-keys-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const clock = new VirtualClock(start)
  const own = makeOwnKey(start)
  const keys = new KeyRing({ directory, clock, own: [own], onProblem: () => {} })
  const options = { keys, clock, clockSkewMs: 300_000, allowUnsignedPayload: false }
  const open = new Authenticator({ ...options, mode: undefined })
  expect(open.mode).toBe('lenient')
  const verifying = new Authenticator({ ...options, mode: 'verify' })
  for (const authenticator of [open, verifying]) {
    const caller = authenticator.authenticate(signed(own.id, own.secret))
    expect(caller).toMatchObject({ keyId: own.id, account: '000000000000' })
    caller.authorize('dynamodb:PutItem', 'arn:aws:dynamodb:us-east-1:000000000000:table/t')
    caller.authorize('kinesis:PutRecord', 'arn:aws:kinesis:us-east-1:000000000000:stream/s')
    expect(() => caller.authorize('millrace:RedriveDeadLetters', '*')).toThrow(/not authorized/)
  }
  expect(() => verifying.authenticate(signed(own.id, 'another'))).toThrow(
    /signature we calculated does not match/,
  )
  expect(() => verifying.authenticate(signed(makeOwnKey(start).id, own.secret))).toThrow(/security token/)
  expect(readdirSync(directory)).toEqual([])
})
