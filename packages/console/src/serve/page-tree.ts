/**
 * The page itself, under /console/: files that the build has made. Every path without a file is the page, which reads its own
 * path. Files have a digest in their names and are kept by browsers for ever; the page is asked for each time.
 *
 * The policy lets scripts, styles and requests come from this origin alone, so that text of a record can never become code.
 */
import { readFileSync, statSync } from 'node:fs'
import { extname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Route, RouteReply, Routes, RouteTree } from '@millrace/gateway'
import { ConsoleError } from '../errors.ts'

export const consolePath = '/console/'

const pageDir = fileURLToPath(new URL('../../page/dist/', import.meta.url))

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
}

export const securityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Beside the page, without a digest in their names. */
const filesBeside: ReadonlySet<string> = new Set(['theme.js'])

/** `dir`: where the built files are. */
export function pageTree(dir: string = pageDir): RouteTree {
  const files = new Map<string, RouteReply>()
  const route: Route = ({ path }) => {
    const name = posix.normalize(path.slice(consolePath.length))
    // Names of streams and tables may have dots, so it is not the end of a name that makes it a file.
    const isAsset = name.startsWith('assets/')
    const isFile = isAsset || filesBeside.has(name)
    const file = isFile ? name : 'index.html'
    const known = files.get(file)
    if (known !== undefined) return known
    const place = join(dir, file)
    if (statSync(place, { throwIfNoEntry: false })?.isFile() !== true) {
      if (isFile)
        return {
          status: 404,
          contentType: 'text/plain; charset=utf-8',
          body: 'There is no such file.\n',
          headers: securityHeaders,
        }
      throw new ConsoleError('CONSOLE_PAGE_MISSING', `${place} does not exist. Build it: npm run build.`)
    }
    const reply: RouteReply = {
      contentType: contentTypes[extname(file)] ?? 'application/octet-stream',
      body: readFileSync(place),
      headers: {
        ...securityHeaders,
        'Cache-Control': isAsset ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
    }
    // Digests in the names: what was read once is the same for ever. The page names the files, so it is read again.
    if (isAsset) files.set(file, reply)
    return reply
  }
  return { prefix: consolePath, route }
}

const toPage: Route = () => ({
  status: 302,
  contentType: 'text/plain; charset=utf-8',
  body: '',
  headers: { ...securityHeaders, Location: consolePath },
})

/** Where people arrive who know the address alone. */
export const rootRoutes: Routes = new Map([
  ['/', toPage],
  ['/console', toPage],
])
