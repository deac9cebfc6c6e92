/**
 * Places of buckets from a command line: NAME=DIR, or NAME=s3://BUCKET with region and endpoint as a query. What is given is kept in
 * the data directory, like the places that an app declares, so that every command finds the bucket there.
 */
import { resolve } from 'node:path'
import { assertBucketName, type BucketPlace } from '@millrace/lake'
import { type BucketEntry, defineBuckets } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { codeOf, MillraceError, messageOf } from '../error.ts'

const allowed =
  'Allowed: NAME=DIR, or NAME=s3://BUCKET?region=eu-west-1 (also &endpoint=http://127.0.0.1:9000), like lake=./lake.'

/** Error: USAGE. */
export function parseBucketPlaces(texts: readonly string[]): BucketEntry[] {
  const entries = texts.map(parseBucket)
  const names = entries.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined)
    throw new MillraceError('USAGE', `--bucket gives ${twice} two places.`, { next: allowed })
  return entries
}

export function placeBuckets(store: Store, texts: readonly string[]): void {
  defineBuckets(store, parseBucketPlaces(texts))
}

function parseBucket(text: string): { name: string; place: BucketPlace } {
  const at = text.indexOf('=')
  const [name, place] = at < 0 ? ['', ''] : [text.slice(0, at), text.slice(at + 1)]
  if (name === '' || place === '') throw wrong(text)
  checkName(text, name)
  if (!place.includes('://')) return { name, place: { kind: 'folder', dir: resolve(place) } }
  const url = URL.canParse(place) ? new URL(place) : undefined
  if (url?.protocol !== 's3:' || url.hostname === '' || !(url.pathname === '' || url.pathname === '/')) {
    throw wrong(text)
  }
  for (const key of url.searchParams.keys()) if (key !== 'region' && key !== 'endpoint') throw wrong(text)
  checkName(text, url.hostname)
  const region = url.searchParams.get('region') ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION
  if (region === undefined || region === '') {
    throw new MillraceError('USAGE', `--bucket ${text} says no region, and neither does AWS_REGION.`, {
      next: `Add it: --bucket '${name}=s3://${url.hostname}?region=eu-west-1'.`,
    })
  }
  const endpoint = url.searchParams.get('endpoint')
  if (endpoint !== null && !(/^https?:/.test(endpoint) && URL.canParse(endpoint))) throw wrong(text)
  return {
    name,
    place: { kind: 's3', bucket: url.hostname, region, ...(endpoint === null ? {} : { endpoint }) },
  }
}

function checkName(text: string, name: string): void {
  try {
    assertBucketName(name)
  } catch (cause) {
    if (codeOf(cause) !== 'BUCKET_NAME_INVALID') throw cause
    throw new MillraceError('USAGE', `--bucket is ${JSON.stringify(text)}.`, {
      next: messageOf(cause).replace(/^BUCKET_NAME_INVALID /, ''),
      cause,
    })
  }
}

function wrong(text: string): MillraceError {
  return new MillraceError('USAGE', `--bucket is ${JSON.stringify(text)}.`, { next: allowed })
}
