/** Signing in to the console of a gateway that verifies signatures, working, and signing out. */
import { type AccessKey, createAccessKey, revokeAccessKey } from '@millrace/gateway'
import { systemClock } from '@millrace/values'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { axeInBothModes, describeInBrowser, press, screenshot, useConsole } from './browser.test-kit.ts'

describeInBrowser('signing in to the console', () => {
  let key: AccessKey
  let reader: AccessKey
  const kit = useConsole({
    flags: ['--auth', 'verify'],
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
