/** Signature Version 4: published vectors, those of two other signers, and every outcome of the check by its type. */
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { VirtualClock } from '@millrace/values'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { AccessKey } from './access-key.ts'
import { Authenticator, type AuthenticatorOptions, type RequestToAuthenticate } from './authenticator.ts'
import { canonicalRequest, signature, signingKey } from './canonical-request.ts'
import { createAccessKey, keyFileName, listAccessKeys, revokeAccessKey } from './key-file.ts'
import { KeyRing } from './key-ring.ts'
import { type SigningCredentials, signRequest } from './sign-request.ts'

/** What the vendor's signer asks of a hash. */
class Sha256 {
  readonly #hash

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data)
  if (data instanceof ArrayBuffer) return Buffer.from(data)
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

const seed = Number(process.env.SEED ?? 20_261_121)
const start = Date.parse('2026-11-21T10:30:00Z')
const directories: string[] = []

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true })
})

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-keys-'))
  directories.push(directory)
  return directory
}

/** An authenticator over a directory of its own, at the time of the vectors. */
function setUp(options: Partial<AuthenticatorOptions> = {}) {
  const directory = newDirectory()
  const clock = new VirtualClock(start)
  const problems: unknown[] = []
  const key = createAccessKey({ directory, clock })
  const keys = new KeyRing({ directory, clock, onProblem: (error) => problems.push(error) })
  const authenticator = new Authenticator({
    mode: 'verify',
    keys,
    clock,
    clockSkewMs: 300_000,
    allowUnsignedPayload: false,
    ...options,
  })
  return { directory, clock, key, keys, authenticator, problems }
}

const target = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'Kinesis_20131202.ListStreams',
}

function signed(
  credentials: SigningCredentials,
  options: { time?: number; headers?: Record<string, string>; body?: string; url?: string } = {},
): RequestToAuthenticate {
  const { time = start, headers = {}, body = '{}', url = '/' } = options
  const sent = signRequest(
    { method: 'POST', url, headers: { host: '127.0.0.1:4567', ...target, ...headers }, body },
    { credentials, region: 'eu-west-3', service: 'kinesis', time },
  )
  return requestOf({ url, headers: sent, body })
}

function requestOf(parts: {
  url?: string
  headers: Readonly<Record<string, string>>
  body?: string
}): RequestToAuthenticate {
  return {
    method: 'POST',
    url: parts.url ?? '/',
    rawHeaders: Object.entries(parts.headers).flat(),
    body: Buffer.from(parts.body ?? '{}'),
  }
}

function signer(key: AccessKey): SigningCredentials {
  return key.session === undefined
    ? { keyId: key.id, secret: key.secret }
    : { keyId: key.id, secret: key.secret, sessionToken: key.session.token }
}

function outcome(authenticator: Authenticator, request: RequestToAuthenticate): string {
  try {
    return authenticator.authenticate(request).keyId
  } catch (error) {
    return `${(error as { type?: string }).type}: ${(error as Error).message}`
  }
}

describe('vectors', () => {
  test.each([
    ['get-vanilla', 'GET', [], '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', [], '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ] as const)('%s of the AWS test suite', (_name, method, more, expected) => {
    const canonical = canonicalRequest(
      {
        method,
        url: '/',
        rawHeaders: ['Host', 'example.amazonaws.com', 'X-Amz-Date', '20150830T123600Z', ...more],
      },
      {
        signedHeaders: ['host', 'x-amz-date'],
        payloadHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      },
    )
    const scope = { date: '20150830', region: 'us-east-1', service: 'service' }
    const key = signingKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', scope)
    const found = signature(key, { timestamp: '20150830T123600Z', scope, canonical })
    expect(found.toString('hex')).toBe(expected)
  })

  // Made with botocore 1.43 (SigV4Auth and SigV4QueryAuth) at a fixed time.
  const botocore = { id: 'MRAKTESTTESTTESTTEST', secret: 'kQ7yZ0sPp/Jt3+V1wXc5bN8mRf2gHd6LuYe4Ai9T' }
  const scope = `Credential=${botocore.id}/20261121/eu-west-3/kinesis/aws4_request`
  const headerForm = (names: string, hex: string) => ({
    Host: '127.0.0.1:4567',
    'Content-Type': 'application/x-amz-json-1.1',
    'X-Amz-Target': 'Kinesis_20131202.ListStreams',
    'X-Amz-Date': '20261121T103000Z',
    Authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=${names}, Signature=${hex}`,
  })
  const vectors: Record<string, RequestToAuthenticate> = {
    plain: requestOf({
      headers: headerForm(
        'content-type;host;x-amz-date;x-amz-target',
        '8350cd1ca03a8b25c7a4d657ca6e2d3ee266546aabcdf94672acb5e4bc6001f7',
      ),
    }),
    'a path and a query that need every rule, blanks in a header': requestOf({
      url: '/a//b/../c%20d/%7E%C3%BC?z=1&a=x%20y&a=b&empty',
      headers: {
        ...headerForm(
          'content-type;host;x-amz-date;x-amz-meta-blanks;x-amz-target',
          'd04f0d53598e175d5cff8d850239d9541345fd3191e9a25ff8fa5e0afe0ba63b',
        ),
        'X-Amz-Meta-Blanks': '  a   b  ',
      },
      body: '{"a":"ü"}',
    }),
    'the query form': requestOf({
      url:
        '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
        `&X-Amz-Credential=${botocore.id}%2F20261121%2Feu-west-3%2Fkinesis%2Faws4_request` +
        '&X-Amz-Date=20261121T103000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-target' +
        '&X-Amz-Signature=157a0a0ea97901cf004a6c039a4829bdc5023c26a648031d9772d6c63f10c1da',
      headers: {
        Host: '127.0.0.1:4567',
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': 'Kinesis_20131202.ListStreams',
      },
      // This signer drops bodies.
      body: '',
    }),
  }
  test.each(Object.entries(vectors))('of botocore: %s', async (_name, request) => {
    const { directory, authenticator, clock } = setUp()
    const [listed] = listAccessKeys(directory)
    const keys = [{ ...listed, id: botocore.id, secret: botocore.secret }]
    writeFileSync(join(directory, keyFileName), JSON.stringify({ millrace: 'access-keys', format: 1, keys }))
    await clock.advance(1000)
    expect(outcome(authenticator, request)).toBe(botocore.id)
    expect(outcome(authenticator, { ...request, body: Buffer.from('{ }') })).toMatch(/^InvalidSignature/)
  })

  test("the vendor's signer and ours make the same signature, whatever the request", async () => {
    const token = fc.stringMatching(/^[A-Za-z0-9/+=]{1,60}$/)
    const text = fc.stringMatching(/^[A-Za-z0-9 .~!*'()_-]{0,20}$/)
    const requests = fc.record({
      path: fc.array(fc.oneof(text, fc.constantFrom('.', '..', '', 'é', '%')), { maxLength: 5 }),
      query: fc.dictionary(fc.stringMatching(/^[A-Za-z0-9 ~!*'()é-]{1,8}$/), text, { maxKeys: 4 }),
      headers: fc.dictionary(fc.stringMatching(/^x-amz-meta-[a-z0-9]{1,5}$/), text, { maxKeys: 4 }),
      body: fc.string({ unit: 'binary' }),
      sessionToken: fc.option(token, { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(requests, async ({ path, query, headers, body, sessionToken }) => {
        const credentials = {
          keyId: 'MRAKTEST',
          secret: 'secret',
          ...(sessionToken === undefined ? {} : { sessionToken }),
        }
        const theirs = new SignatureV4({
          credentials: {
            accessKeyId: 'MRAKTEST',
            secretAccessKey: 'secret',
            ...(sessionToken === undefined ? {} : { sessionToken }),
          },
          region: 'eu-west-3',
          service: 'kinesis',
          sha256: Sha256,
          applyChecksum: false,
        })
        const urlPath = `/${path.map(encodeURIComponent).join('/')}`
        const search = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join('='))
        const url = search.length === 0 ? urlPath : `${urlPath}?${search.join('&')}`
        const all = { host: 'localhost:4567', ...target, ...headers }
        const request = new HttpRequest({ method: 'POST', path: urlPath, query, headers: all, body })
        const expected = await theirs.sign(request, { signingDate: new Date(start) })
        const ours = signRequest(
          { method: 'POST', url, headers: all, body },
          { credentials, region: 'eu-west-3', service: 'kinesis', time: start },
        )
        expect(ours.authorization).toBe(expected.headers.authorization)
      }),
      { seed, numRuns: 300 },
    )
  })
})

describe('verify', () => {
  test('a signed request verifies; any change of what was signed does not', () => {
    const { authenticator, key } = setUp()
    const request = signed(signer(key), { headers: { 'x-amz-meta': 'a' } })
    expect(outcome(authenticator, request)).toBe(key.id)
    const flipped = { ...request, rawHeaders: [...request.rawHeaders] }
    for (const [i, part] of request.rawHeaders.entries()) {
      if (i % 2 === 0 || request.rawHeaders[i - 1] === 'authorization') continue
      flipped.rawHeaders[i] = `${part}0`
      expect(outcome(authenticator, flipped), request.rawHeaders[i - 1]!).toMatch(/^In\w+Exception/)
      flipped.rawHeaders[i] = part
    }
    expect(outcome(authenticator, { ...request, method: 'PUT' })).toMatch(/^InvalidSignature/)
    expect(outcome(authenticator, { ...request, url: '/other' })).toMatch(/^InvalidSignature/)
    expect(outcome(authenticator, { ...request, url: '/?a=1' })).toMatch(/^InvalidSignature/)
    expect(outcome(authenticator, { ...request, body: Buffer.from('{}\n') })).toMatch(/^InvalidSignature/)
  })

  test('over HTTP/2 `:authority` verifies, and stands for host where that was signed', () => {
    const { authenticator, key } = setUp()
    const withAuthority = signRequest(
      { method: 'POST', url: '/', headers: { ':authority': 'h:1', ...target }, body: '{}' },
      { credentials: signer(key), region: 'r', service: 'kinesis', time: start },
    )
    expect(outcome(authenticator, requestOf({ headers: withAuthority }))).toBe(key.id)
    const { host, ...rest } = signRequest(
      { method: 'POST', url: '/', headers: { host: 'h:1', ...target }, body: '{}' },
      { credentials: signer(key), region: 'r', service: 'kinesis', time: start },
    )
    expect(outcome(authenticator, requestOf({ headers: { ...rest, ':authority': host! } }))).toBe(key.id)
  })

  test('the host and the target have to be signed, so that a body cannot go elsewhere', () => {
    const { authenticator, key } = setUp()
    const sign = (headers: Record<string, string>) =>
      signRequest(
        { method: 'POST', url: '/', headers, body: '{}' },
        { credentials: signer(key), region: 'r', service: 'kinesis', time: start },
      )
    const noTarget = { ...sign({ host: 'h' }), 'x-amz-target': 'Kinesis_20131202.DeleteStream' }
    expect(outcome(authenticator, requestOf({ headers: noTarget }))).toMatch(
      /^InvalidSignature.*X-Amz-Target/,
    )
    expect(outcome(authenticator, requestOf({ headers: sign(target) }))).toMatch(/^InvalidSignature.*Host/)
  })

  test('a clock that is off by more than the skew is refused, on both sides', () => {
    const { authenticator, key } = setUp()
    for (const off of [-299_000, 0, 299_000]) {
      expect(outcome(authenticator, signed(signer(key), { time: start + off }))).toBe(key.id)
    }
    expect(outcome(authenticator, signed(signer(key), { time: start - 301_000 }))).toBe(
      'InvalidSignatureException: Signature expired: 20261121T102459Z is now earlier than 20261121T102500Z ' +
        '(20261121T103000Z - 5 min.)',
    )
    expect(outcome(authenticator, signed(signer(key), { time: start + 301_000 }))).toBe(
      'InvalidSignatureException: Signature not yet current: 20261121T103501Z is still later than ' +
        '20261121T103500Z (20261121T103000Z + 5 min.)',
    )
  })

  test('an unknown key, and a revoked one from the next look at the file on', async () => {
    const { authenticator, key, directory, clock } = setUp()
    const request = signed(signer(key))
    expect(outcome(authenticator, request)).toBe(key.id)
    revokeAccessKey(directory, key.id)
    await clock.advance(1000)
    const unrecognized = 'UnrecognizedClientException: The security token included in the request is invalid.'
    expect(outcome(authenticator, request)).toBe(unrecognized)
    expect(outcome(authenticator, signed({ keyId: 'AKIAUNKNOWN', secret: key.secret }))).toBe(unrecognized)
  })

  test('the key of a session needs its token, and expires', async () => {
    const { authenticator, directory, clock, key } = setUp()
    const session = createAccessKey({ directory, clock, durationMs: 100_000 })
    await clock.advance(1000)
    expect(outcome(authenticator, signed(signer(session)))).toBe(session.id)
    const bare = { keyId: session.id, secret: session.secret }
    expect(outcome(authenticator, signed(bare))).toMatch(/^UnrecognizedClient/)
    expect(outcome(authenticator, signed({ ...bare, sessionToken: 'other' }))).toMatch(/^UnrecognizedClient/)
    expect(outcome(authenticator, signed({ ...signer(key), sessionToken: 'any' }))).toMatch(
      /^UnrecognizedClient/,
    )
    await clock.advance(100_000)
    expect(outcome(authenticator, signed(signer(session)))).toMatch(/^ExpiredTokenException/)
  })

  test('a stated hash of the body has to be that of the body; unsigned bodies need leave', () => {
    const { authenticator, key } = setUp()
    const hashOf = (value: string) => ({ headers: { 'x-amz-content-sha256': value } })
    const right = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    expect(outcome(authenticator, signed(signer(key), hashOf(right)))).toBe(key.id)
    expect(outcome(authenticator, signed(signer(key), hashOf('0'.repeat(64))))).toMatch(/^InvalidSignature/)
    expect(outcome(authenticator, signed(signer(key), hashOf('UNSIGNED-PAYLOAD')))).toMatch(
      /^InvalidSignature/,
    )
  })

  const header = (authorization: string, more: Record<string, string> = {}) =>
    requestOf({ headers: { host: 'h', ...more, authorization } })
  const dated = { 'x-amz-date': '20261121T103000Z' }
  const scope = 'K/20261121/r/kinesis/aws4_request'

  test.each([
    [
      'nothing signed',
      requestOf({ headers: { host: 'h' } }),
      'MissingAuthenticationTokenException: Missing Authentication Token',
    ],
    [
      'a query without its algorithm',
      requestOf({ url: '/?X-Amz-Credential=a&X-Amz-Signature=b', headers: {} }),
      'MissingAuthenticationTokenException: Missing Authentication Token',
    ],
    [
      'an empty header form',
      header('X'),
      "IncompleteSignatureException: Authorization header requires 'Credential' parameter. Authorization header " +
        "requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header " +
        "requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=X",
    ],
    [
      'a header form with a part missing',
      header('AWS4- Signature=b,Credential=a', { date: 'a' }),
      "IncompleteSignatureException: Authorization header requires 'SignedHeaders' parameter. " +
        'Authorization=AWS4- Signature=b,Credential=a',
    ],
    [
      'an empty query form',
      requestOf({ url: '/?X-Amz-Algorithm', headers: {} }),
      /^IncompleteSignature.*'X-Amz-Algorithm'.*'X-Amz-Credential'.*'X-Amz-Signature'.*'X-Amz-SignedHeaders'.*'X-Amz-Date'/,
    ],
    [
      'header and query together',
      requestOf({ url: '/?X-Amz-Algorithm', headers: { authorization: 'X' } }),
      "InvalidSignatureException: Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    ],
    [
      'another algorithm',
      header(`AWS4-ECDSA Credential=${scope}, SignedHeaders=host, Signature=0`, dated),
      /^Incomplete.*AWS4-ECDSA/,
    ],
    [
      'a date of another form',
      header(`AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`, {
        'x-amz-date': '2026-11-21',
      }),
      /^Incomplete.*Got '2026-11-21'/,
    ],
    [
      'a credential of four parts',
      header('AWS4-HMAC-SHA256 Credential=K/20261121/r/kinesis, SignedHeaders=host, Signature=0', dated),
      /^Incomplete.*exactly 5/,
    ],
    [
      'another end of the scope',
      header('AWS4-HMAC-SHA256 Credential=K/20261121/r/kinesis/aws5, SignedHeaders=host, Signature=0', dated),
      /^Invalid.*terminator/,
    ],
    [
      'a scope of another day',
      header(
        `AWS4-HMAC-SHA256 Credential=${scope.replace('21/', '22/')}, SignedHeaders=host, Signature=0`,
        dated,
      ),
      /^Invalid.*Date in Credential scope/,
    ],
    [
      'a key that is not known',
      header(`AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`, dated),
      /^UnrecognizedClient/,
    ],
  ])('%s', (_name, request, expected) => {
    expect(outcome(setUp().authenticator, request)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    )
  })

  test('no headers whatever do anything but authenticate or be refused', () => {
    const { authenticator, key } = setUp()
    const good = signed(signer(key)).rawHeaders
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        fc.string({ unit: 'binary' }),
        fc.string(),
        (at, position, text, query) => {
          const rawHeaders = [...good]
          const i = at % rawHeaders.length
          const part = rawHeaders[i]!
          const cut = position % (part.length + 1)
          rawHeaders[i] = part.slice(0, cut) + text + part.slice(cut + text.length)
          const request = { ...requestOf({ headers: {} }), rawHeaders, url: `/?${query}` }
          expect(outcome(authenticator, request)).toMatch(/^\w+Exception: |^MRAK/)
        },
      ),
      { seed, numRuns: 3000 },
    )
  })
})

describe('modes', () => {
  test('without a mode: lenient as long as there are no keys, verify from the first one on, for good', async () => {
    const directory = newDirectory()
    const clock = new VirtualClock(start)
    const keys = new KeyRing({ directory, clock, onProblem: () => {} })
    const options = { mode: undefined, keys, clock, clockSkewMs: 300_000, allowUnsignedPayload: false }
    const authenticator = new Authenticator(options)
    const made = signed({ keyId: '123456789012', secret: 'any' })
    expect(authenticator.authenticate(made)).toMatchObject({ account: '123456789012' })
    const key = createAccessKey({ directory, clock })
    await clock.advance(1000)
    expect(authenticator.mode).toBe('verify')
    expect(outcome(authenticator, made)).toMatch(/^UnrecognizedClient/)
    revokeAccessKey(directory, key.id)
    await clock.advance(1000)
    expect(authenticator.mode).toBe('verify')
    rmSync(join(directory, keyFileName))
    await clock.advance(1000)
    expect(authenticator.mode).toBe('verify')
    expect(outcome(authenticator, made)).toMatch(/^UnrecognizedClient/)
    // A new process finds only revoked keys: still closed.
    const again = createAccessKey({ directory, clock })
    revokeAccessKey(directory, again.id)
    const reopened = new KeyRing({ directory, clock, onProblem: () => {} })
    expect(new Authenticator({ ...options, keys: reopened }).mode).toBe('verify')
  })

  test('lenient wants a signature of the right form, and takes a known key by its policy', async () => {
    const { authenticator, directory, clock, key } = setUp({ mode: 'lenient' })
    const limited = createAccessKey({
      directory,
      clock,
      account: '111122223333',
      policy: [{ allow: ['kinesis:Get*'], streams: ['a'] }],
    })
    await clock.advance(1000)
    expect(outcome(authenticator, requestOf({ headers: {} }))).toMatch(/^MissingAuthenticationToken/)
    expect(outcome(authenticator, requestOf({ headers: { authorization: 'X' } }))).toMatch(/^Incomplete/)
    expect(authenticator.authenticate(signed({ keyId: 'anybody', secret: 'x' }))).toMatchObject({
      account: '000000000000',
    })
    const caller = authenticator.authenticate(signed({ keyId: limited.id, secret: 'wrong' }))
    expect(caller.account).toBe('111122223333')
    expect(() => caller.authorize('kinesis:PutRecord', 'arn:aws:kinesis:r:1:stream/a')).toThrow(
      /not authorized/,
    )
    revokeAccessKey(directory, key.id)
    await clock.advance(1000)
    expect(outcome(authenticator, signed(signer(key)))).toMatch(/^UnrecognizedClient/)
  })

  test('off asks for nothing', () => {
    const { authenticator } = setUp({ mode: 'off' })
    expect(outcome(authenticator, requestOf({ headers: {} }))).toBe('anonymous')
    expect(outcome(authenticator, requestOf({ headers: { authorization: 'Basic abc' } }))).toBe('anonymous')
    const caller = authenticator.authenticate(signed({ keyId: '123456789012', secret: 'x' }))
    expect(caller).toMatchObject({ keyId: '123456789012', account: '123456789012' })
    caller.authorize('kinesis:DeleteStream', 'arn:aws:kinesis:r:1:stream/a')
  })
})

describe('key file', () => {
  test('only its owner can read it, and lists never show secrets', () => {
    const { directory, key, clock } = setUp()
    const session = createAccessKey({ directory, clock, durationMs: 1000, note: 'for a test' })
    expect(statSync(join(directory, keyFileName)).mode & 0o777).toBe(0o600)
    expect(key.id).toMatch(/^MRAK[A-Z2-7]{16}$/)
    expect(session.id).toMatch(/^MRAS[A-Z2-7]{16}$/)
    expect(key.secret).toMatch(/^[A-Za-z0-9+/]{40}$/)
    const listed = JSON.stringify(listAccessKeys(directory))
    for (const secret of [key.secret, session.secret, session.session!.token])
      expect(listed).not.toContain(secret)
    expect(listAccessKeys(directory)[1]).toMatchObject({ note: 'for a test', expiresAt: start + 1000 })
  })

  test('what is no key file is refused at the start, without a word of its content', () => {
    for (const text of ['', 'secret', '{"keys":[]}', '{"millrace":"access-keys","format":2,"keys":[]}']) {
      const directory = newDirectory()
      writeFileSync(join(directory, keyFileName), text)
      expect(() => new KeyRing({ directory, clock: new VirtualClock(), onProblem: () => {} })).toThrow(
        /^GATEWAY_KEYS_INVALID ((?!secret).)*$/s,
      )
    }
    const { directory, key } = setUp()
    const whole = { ...key, status: 'active' }
    for (const broken of [
      { ...whole, account: '1' },
      { ...whole, policy: [{}] },
      { ...whole, status: 'x' },
      7,
      { ...whole, secret: '' },
    ]) {
      const keys = [broken]
      writeFileSync(
        join(directory, keyFileName),
        JSON.stringify({ millrace: 'access-keys', format: 1, keys }),
      )
      expect(() => listAccessKeys(directory)).toThrow(/GATEWAY_KEYS_INVALID.*key 1/)
    }
  })

  test.each([
    ['breaks', (path: string) => writeFileSync(path, 'broken')],
    [
      'cannot even be looked at',
      (path: string) => {
        rmSync(path)
        symlinkSync(path, path)
      },
    ],
  ])('a file that %s while the gateway runs leaves the keys in force, and says so once', async (_, spoil) => {
    const { authenticator, directory, clock, key, problems } = setUp()
    spoil(join(directory, keyFileName))
    await clock.advance(1000)
    expect(outcome(authenticator, signed(signer(key)))).toBe(key.id)
    await clock.advance(1000)
    expect(outcome(authenticator, signed(signer(key)))).toBe(key.id)
    expect(problems).toHaveLength(1)
  })

  test('writers in several threads at once lose no change of one another', { timeout: 60_000 }, async () => {
    const directory = newDirectory()
    const script = fileURLToPath(new URL('../testing/key-writer.mjs', import.meta.url))
    const ended = Array.from({ length: 3 }, () => {
      const worker = new Worker(script, { workerData: { directory, keys: 20 } })
      return once(worker, 'exit')
    })
    expect((await Promise.all(ended)).flat()).toEqual([0, 0, 0])
    expect(listAccessKeys(directory)).toHaveLength(60)
    expect(readdirSync(directory)).toEqual([keyFileName])
  })

  test('a change that was stopped in the middle is told of, and nothing is written over it', () => {
    const { directory, clock, key } = setUp()
    writeFileSync(join(directory, `${keyFileName}.new`), '')
    expect(() => createAccessKey({ directory, clock })).toThrow(/GATEWAY_KEYS_INVALID.*remove it/)
    expect(listAccessKeys(directory).map(({ id }) => id)).toEqual([key.id])
  })

  test('bad arguments and unknown keys are refused by code', () => {
    const { directory, clock } = setUp()
    expect(() => createAccessKey({ directory, clock, account: '12' })).toThrow(/GATEWAY_OPTION_INVALID.*"12"/)
    expect(() => createAccessKey({ directory, clock, durationMs: 0 })).toThrow(/GATEWAY_OPTION_INVALID/)
    expect(() => revokeAccessKey(directory, 'MRAKNONE')).toThrow(/GATEWAY_KEY_UNKNOWN.*MRAKNONE/)
    expect(listAccessKeys(directory)).toHaveLength(1)
  })
})
