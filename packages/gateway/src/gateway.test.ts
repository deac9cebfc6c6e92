/** Starting: ports, addresses, authentication, certificates. */
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { request as requestTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@millrace/values'
import { afterEach, describe, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { makeSelfSigned } from './http/self-signed.ts'
import { closeAll, directories, gateways, open } from './testing/open-gateway.ts'
import { ToyService } from './testing/toy-service.ts'

afterEach(closeAll)

describe('start', () => {
  test('a port that is taken, an address that is not ours, options out of range', async () => {
    const { gateway } = await open()
    const port = Number(new URL(gateway.url).port)
    const services = [new ToyService()]
    await expect(startGateway({ services, port })).rejects.toMatchObject({ code: 'GATEWAY_PORT_TAKEN' })
    await expect(startGateway({ services, port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'GATEWAY_ADDRESS_INVALID',
    })
    await expect(startGateway({ services, port: 70_000 })).rejects.toMatchObject({
      code: 'GATEWAY_OPTION_INVALID',
    })
    await expect(startGateway({ services, port: 0, limits: { graceMs: 0 } })).rejects.toMatchObject({
      code: 'GATEWAY_OPTION_INVALID',
    })
  })

  test('authentication is off on loopback only, and verified elsewhere unless said otherwise', async () => {
    const services = [new ToyService()]
    await expect(
      startGateway({ services, port: 0, host: '0.0.0.0', auth: { mode: 'off' } }),
    ).rejects.toMatchObject({
      code: 'GATEWAY_AUTH_REFUSED',
    })
    await expect(
      startGateway({ services, port: 0, host: '0.0.0.0', auth: { mode: 'lenient' } }),
    ).rejects.toMatchObject({ code: 'GATEWAY_AUTH_REFUSED' })
    const anywhere = await startGateway({ services, port: 0, host: '0.0.0.0' })
    gateways.push(anywhere)
    expect(anywhere.authMode).toBe('verify')
    expect(anywhere.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const loopback = await startGateway({ services, port: 0 })
    gateways.push(loopback)
    expect(loopback.authMode).toBe('lenient')
  })
})

describe('TLS', () => {
  function newDirectory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
    directories.push(directory)
    return directory
  }

  function getTrusting(gateway: Gateway, ca: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const { port } = new URL(gateway.tlsUrl!)
      requestTls({ host: '127.0.0.1', port, path: '/healthz', ca, agent: false }, (reply) => {
        reply.resume()
        resolve(reply.statusCode)
      })
        .on('error', reject)
        .end()
    })
  }

  test('the self-signed certificate is kept, private, and is all that a client has to trust', async () => {
    const directory = newDirectory()
    const clock = systemClock
    const first = await open({ directory, clock, tls: { port: 0, certificate: 'self-signed' } })
    const path = join(directory, 'self-signed.pem')
    const kept = readFileSync(path, 'utf8')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await getTrusting(first.gateway, kept)).toBe(200)
    const second = await open({ directory, clock, tls: { port: 0, certificate: 'self-signed' } })
    expect(readFileSync(path, 'utf8')).toBe(kept)
    expect(await getTrusting(second.gateway, kept)).toBe(200)
    // Another host, or nearly expired: a new one.
    await open({ directory, clock, host: '127.0.0.2', tls: { port: 0, certificate: 'self-signed' } })
    expect(readFileSync(path, 'utf8')).not.toBe(kept)
  })

  test('a given certificate; what is none is refused by code, and not shown', async () => {
    const clock = systemClock
    const now = clock.now()
    const made = makeSelfSigned({ names: ['127.0.0.1', 'fe80::1:2'], from: now - 1000, until: now + 1e12 })
    const { gateway } = await open({ tls: { port: 0, certificate: made } })
    expect(await getTrusting(gateway, made.cert)).toBe(200)
    const secret = made.key.replace('-----BEGIN', 'BEGIN')
    const shown = startGateway({
      services: [],
      port: 0,
      tls: { port: 0, certificate: { cert: made.cert, key: secret } },
    })
    await expect(shown).rejects.toThrow(/the key is not PEM/)
    await expect(shown).rejects.not.toThrow(secret.slice(40, 60))
    for (const certificate of [
      { cert: 'nowhere.pem', key: made.key },
      { cert: made.cert, key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' },
    ]) {
      const options = { services: [], port: 0, tls: { port: 0, certificate } }
      await expect(startGateway(options)).rejects.toMatchObject({ code: 'GATEWAY_TLS_INVALID' })
    }
  })
})
