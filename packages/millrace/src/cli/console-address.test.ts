import { describe, expect, it } from 'vitest'
import { consoleAddress, openBrowser } from './console-address.ts'

describe('the address of the console', () => {
  it('is below that of the gateway', () => {
    expect(consoleAddress({ url: 'http://127.0.0.1:4567' })).toBe('http://127.0.0.1:4567/console/')
    expect(consoleAddress({ url: 'http://[::1]:4567', tlsUrl: 'https://[::1]:4568' })).toBe(
      'http://[::1]:4567/console/',
    )
  })

  it('is that of TLS where people sign in', () => {
    const place = { url: 'http://10.0.0.1:4567', needsKeys: true }
    expect(consoleAddress({ ...place, tlsUrl: 'https://10.0.0.1:4568' })).toBe(
      'https://10.0.0.1:4568/console/',
    )
    expect(consoleAddress(place)).toBe('http://10.0.0.1:4567/console/')
  })
})

describe('a browser', () => {
  it.each([
    ['linux', 'xdg-open'],
    ['darwin', 'open'],
    ['win32', 'explorer'],
  ])('of %s is opened by %s', (platform, program) => {
    const started: (readonly [string, readonly string[]])[] = []
    openBrowser('http://x/', () => {}, { platform, start: (name, words) => started.push([name, words]) })
    expect(started).toEqual([[program, ['http://x/']]])
  })

  it('that does not exist is a problem that is told, and none that is thrown', async () => {
    const path = process.env.PATH
    process.env.PATH = '/nowhere'
    try {
      await new Promise<void>((told) => openBrowser('http://x/', told, { platform: 'linux' }))
    } finally {
      process.env.PATH = path
    }
  })
})
