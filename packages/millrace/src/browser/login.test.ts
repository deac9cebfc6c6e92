/** Signing in to the console of a gateway that verifies signatures, working, and signing out. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AccessKey, createAccessKey, revokeAccessKey } from '@millrace/gateway'
import { systemClock } from '@millrace/values'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import {
  axeInBothModes,
  describeInBrowser,
  otherHost,
  press,
  screenshot,
  useConsole,
} from './browser.test-kit.ts'

describeInBrowser('signing in to the console', () => {
  let key: AccessKey
  let reader: AccessKey
  const kit = useConsole({
    // Beyond loopback signatures are always verified.
    flags: ['--host', '0.0.0.0', '--tls-port', '0'],
    prepare: (directory) => {
      key = createAccessKey({ directory, clock: systemClock })
      const policy = [{ allow: ['millrace:List*'], streams: ['*'] }]
      reader = createAccessKey({ directory, clock: systemClock, policy })
    },
  })

  async function signIn(page: Page, { id, secret }: AccessKey): Promise<void> {
    await page.getByLabel('Access key id').fill(id)
    await page.getByLabel('Secret access key').fill(secret)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name })

  it('comes before any page, is accessible, and tells what is wrong', async () => {
    kit.expectFault(/status of 403/)
    const page = await kit.open('dead-letters')
    await heading(page, 'Sign in to Millrace').waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    expect(await page.title()).toBe('Sign in - Millrace')
    await screenshot(page, 'sign-in')
    await signIn(page, { ...key, secret: 'wrong' })
    await page.getByRole('alert').getByText('SIGN_IN_REFUSED').waitFor()
    expect(await page.getByLabel('Secret access key').inputValue()).toBe('')
    expect(await page.getByRole('navigation').count()).toBe(0)
  })

  it('leads by keyboard to the page that was asked for, which the session then may read and change', async () => {
    const page = await kit.open('dead-letters')
    await heading(page, 'Sign in to Millrace').waitFor()
    await press(page, 'Escape', 'Escape')
    await page.getByLabel('Access key id').focus()
    await page.keyboard.type(key.id)
    await press(page, 'Tab')
    await page.keyboard.type(key.secret)
    await press(page, 'Enter')
    await heading(page, 'Dead letters').waitFor()
    const cookies = await page.context().cookies()
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict', path: '/' }])
    // No script of the page finds what would speak for it elsewhere.
    expect(
      await page.evaluate('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })'),
    ).not.toContain(cookies[0]?.value)
    await page.reload()
    await heading(page, 'Dead letters').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await heading(page, 'Sign in to Millrace').waitFor()
    expect(await page.context().cookies()).toEqual([])
    await page.reload()
    await heading(page, 'Sign in to Millrace').waitFor()
  })

  it('takes a secret over TLS, where the cookie is bound to it', async () => {
    const { tlsUrl = '' } = kit.app
    const page = await kit.open('metrics', { at: tlsUrl })
    await signIn(page, key)
    await page.getByText('Nothing has been measured yet. What is here').waitFor()
    expect(await page.context().cookies()).toMatchObject([
      { name: `__Host-millrace-${new URL(tlsUrl).port}`, secure: true, httpOnly: true, sameSite: 'Strict' },
    ])
  })

  it('takes none over a connection that others can read', async () => {
    // Browsers keep some of the page's headers for trustworthy origins, and say so.
    kit.expectFault(/Cross-Origin-Opener-Policy header has been ignored/)
    const { port } = new URL(kit.app.url)
    const page = await kit.open('', { at: `http://${otherHost}:${port}` })
    await page.getByText('TLS_NEEDED').waitFor()
    expect(await page.getByRole('button', { name: 'Sign in' }).isDisabled()).toBe(true)
    expect(await axeInBothModes(page)).toEqual([])
  })

  it('lets a page in the browser change nothing without its token', async () => {
    kit.expectFault(/status of 403/)
    const page = await kit.open()
    await signIn(page, key)
    await page.getByRole('navigation').waitFor()
    const status = await page.evaluate(`fetch('/admin/dead-letters/redrive', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"all":true}',
    }).then((response) => response.status)`)
    expect(status).toBe(403)
  })

  it('ends with its key: what was open is put away until somebody signs in again', async () => {
    kit.expectFault(/status of 401/)
    // What the key's policy does not allow.
    kit.expectFault(/status of 400/)
    const page = await kit.open('metrics')
    await signIn(page, reader)
    await heading(page, 'Metrics').waitFor()
    await page.getByRole('alert').getByText('AccessDeniedException').waitFor()
    revokeAccessKey(kit.app.dataDir, reader.id)
    // The gateway looks at its keys once a second; then whatever is asked next is refused.
    await expect
      .poll(() => page.evaluate(`fetch('/admin/dead-letters').then((response) => response.status)`), {
        timeout: 10_000,
      })
      .toBe(401)
    // Somebody comes back to the tab.
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
    await heading(page, 'Sign in to Millrace').waitFor()
    await page.getByText('You have been signed out').waitFor()
    await signIn(page, key)
    await page.getByText('Nothing has been measured yet. What is here').waitFor()
    expect(new URL(page.url()).pathname).toBe('/console/metrics')
  })
})

describeInBrowser('a console that asks nobody who they are', () => {
  const kit = useConsole({})

  it('answers no page under a name that only a name server gives this machine', async () => {
    kit.expectFault(/status of 403/)
    kit.expectFault(/Cross-Origin-Opener-Policy header has been ignored/)
    const { port } = new URL(kit.app.url)
    const page = await kit.open('metrics', { at: `http://${otherHost}:${port}` })
    await page.getByRole('alert').getByText('HOST_REFUSED').first().waitFor()
  })

  it('answers no page of elsewhere, another port of this machine included', async () => {
    kit.expectFault(/status of 403|Failed to load|blocked by/)
    const page = await kit.open('metrics')
    const stranger = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html><title>elsewhere</title>')
    })
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    try {
      // A server that listens on a port has an address with one.
      const { port } = stranger.address() as AddressInfo
      await page.goto(`http://127.0.0.1:${port}/`)
      const url = `${kit.app.url}/admin/metrics`
      const told = await page.evaluate(`fetch('${url}').then((reply) => reply.text())`)
      expect(told).toMatch(/ORIGIN_REFUSED/)
      // Without an Origin: what a page may load as a script or an image.
      const loaded = await page.evaluate(`new Promise((resolve) => {
        const script = document.createElement('script')
        script.onload = () => resolve('ran')
        script.onerror = () => resolve('refused')
        script.src = '${url}'
        document.head.append(script)
      })`)
      expect(loaded).toBe('refused')
    } finally {
      await new Promise((resolve) => stranger.close(resolve) && stranger.closeAllConnections())
    }
  })
})
