/** The browser that the pages are looked at with: Debian's chromium, or what MILLRACE_CHROMIUM names. */
import { existsSync } from 'node:fs'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Undefined: there is none here. Throws if MILLRACE_CHROMIUM names no file. */
export function findChromium(): string | undefined {
  const named = process.env.MILLRACE_CHROMIUM
  if (named === undefined || named === '') return places.find((place) => existsSync(place))
  if (existsSync(named)) return named
  throw new Error(`MILLRACE_CHROMIUM is ${JSON.stringify(named)}, where no file is.`)
}
