/** The request of a record. */
import { createHash } from 'node:crypto'
import type { StreamRecord } from '@millrace/runtime'
import { Unfit } from '../database/unfit.ts'
import type { HttpRequest } from './http-port.ts'
import { type HttpSinkOptions, secretOf, templateOption } from './http-sink-options.ts'

/** Undefined: the record sends nothing. Throws Unfit, and what functions of the app throw. */
export type MakeRequest = (record: StreamRecord, stage: string) => HttpRequest | undefined

const keyLengthMax = 200

export function requestMaker(options: HttpSinkOptions): MakeRequest {
  const { url, method = 'POST', body, headers = {}, auth, idempotencyHeader = 'idempotency-key' } = options
  const urlOf = typeof url === 'string' ? templateOption('url', url, 'url') : url
  const methodOf = typeof method === 'string' ? () => method : method
  const bodyOf = typeof body === 'string' ? templateOption('body', body, 'body') : body
  const headersOf = Object.entries(headers).map(([name, value]) => ({
    name: name.toLowerCase(),
    headerOf: typeof value === 'string' ? templateOption(`headers.${name}`, value, 'header') : value,
  }))
  return (record, stage) => {
    const target = urlOf(record)
    if (target === undefined) return undefined
    if (!URL.canParse(target)) throw new Unfit(`${JSON.stringify(shownUrl(target))} is no URL.`)
    const verb = methodOf(record)
    const isBare = verb === 'GET' || verb === 'HEAD'
    const made =
      bodyOf === undefined ? (isBare || verb === 'DELETE' ? undefined : record.data) : bodyOf(record)
    const content = isBare ? undefined : contentOf(made)
    const all: { [name: string]: string } = {}
    if (content !== undefined) all['content-type'] = 'application/json'
    if (idempotencyHeader !== false) all[idempotencyHeader.toLowerCase()] = idempotencyKey(record, stage)
    for (const { name, headerOf } of headersOf) {
      const value = headerOf(record)
      if (/[\r\n\0]/.test(value)) throw new Unfit(`The value of the header "${name}" has a line break in it.`)
      all[name] = value
    }
    if (auth !== undefined) {
      const scheme = auth.scheme ?? 'Bearer'
      const secret = secretOf(auth)
      all[(auth.header ?? 'authorization').toLowerCase()] = scheme === '' ? secret : `${scheme} ${secret}`
    }
    return { method: verb, url: target, headers: all, body: content }
  }
}

function contentOf(made: unknown): string | Uint8Array | undefined {
  if (made === undefined || typeof made === 'string') return made
  // Bytes of a record are a view that is valid for the call only, and are sent within it.
  if (made instanceof Uint8Array) return made
  const text = JSON.stringify(made)
  if (text === undefined) throw new Unfit(`The body has no JSON form: ${typeof made}.`)
  return text
}

/**
 * The same for each attempt of a record, over restarts and redrives too; another one where its data was edited. The arrival time tells
 * data directories apart.
 */
export function idempotencyKey(record: StreamRecord, stage: string): string {
  const { stream, shard, sequence, arrivalTimeMs, data } = record
  const content = digest(data).slice(0, 8)
  const names = [stage, stream].map(encodeURIComponent).join('.')
  const place = `${shard}.${sequence}.${Math.floor(arrivalTimeMs).toString(36)}.${content}`
  if (names.length + place.length < keyLengthMax) return `${names}.${place}`
  return `${digest(names).slice(0, 32)}.${place}`
}

function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Without what may be secret: account and query. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url.split(/[?#]/)[0]!.slice(0, 100)
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
