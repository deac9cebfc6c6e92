/** What an app says of a sink over HTTP, with the checks. */
import type { StreamRecord } from '@millrace/runtime'
import { type Clock, didYouMean, type Random } from '@millrace/values'
import { ConnectError, shown } from '../errors.ts'
import type { HttpPort, HttpResponse } from './http-port.ts'
import type { Rate } from './rate-limit.ts'
import { requestTemplate } from './request-template.ts'

export interface HttpSinkOptions {
  /** Text with `{$.path}` for values of the record, or a function; undefined: the record sends nothing. */
  readonly url: string | ((record: StreamRecord) => string | undefined)
  /** Default 'POST'. */
  readonly method?: string | ((record: StreamRecord) => string)
  /**
   * Text with `{$.path}` for values of the record, as JSON; or a function that gives text, bytes, or anything else to be written as
   * JSON; undefined: no body. Default: the record as it is; with GET, HEAD and DELETE none.
   */
  readonly body?: string | ((record: StreamRecord) => unknown)
  /** Texts with `{$.path}`, or functions. `content-type` is `application/json` unless given. */
  readonly headers?: { readonly [name: string]: string | ((record: StreamRecord) => string) }
  /**
   * A header that is never shown: by default `authorization: Bearer <secret>`. The secret is the value of an environment variable, or
   * given as it is (`app.env('API_TOKEN')`).
   */
  readonly auth?: ({ readonly env: string } | { readonly secret: string }) & {
    readonly header?: string
    /** Before the secret; '' for none. Default 'Bearer'. */
    readonly scheme?: string
  }
  /** The header that names a request, so that a service can tell a repeated one. Default 'idempotency-key'; false: none. */
  readonly idempotencyHeader?: string | false
  /** Requests in all, of this process. Default: no bound. */
  readonly rate?: Rate
  /** Requests at a time, 1 to 1000. Default 8. */
  readonly concurrency?: number
  /** 'key' (default): those of one partition key one after the other. 'none': in any order. */
  readonly order?: 'key' | 'none'
  /** Codes with which a request is done. Default: 200 to 299. */
  readonly success?: readonly number[]
  /** Codes after which no attempt helps: the record is a dead letter. Default: 300 to 499, except 408, 425 and 429. */
  readonly final?: readonly number[]
  /** Attempts of a record whose answers are other codes (500), before it is a dead letter. Default 10. */
  readonly attemptsMax?: number
  /**
   * How long a service that cannot be reached or is overloaded (no answer, 408, 425, 429, 502, 503, 504) is waited for, ms, before
   * the record is a dead letter. Default: until the app stops.
   */
  readonly outageMsMax?: number
  /** The first wait before another attempt, and the longest, ms. Each is twice the one before. Default 200 and 30,000. */
  readonly backoff?: { readonly firstMs?: number; readonly mostMs?: number }
  /** How long a wait a service may ask for by `Retry-After`, ms. Default 300,000. */
  readonly retryAfterMsMax?: number
  /** From the request to the end of the answer, ms. Default 30,000. */
  readonly timeoutMs?: number
  /** Bytes of an answer's body that are kept. Default 64 KiB. */
  readonly responseBytesMax?: number
  /** Puts what a service answered into a stream of the app, in the commit that moves the position. */
  readonly into?: {
    readonly stream: string | { readonly name: string }
    /** Default: the status and the body, and where the record stood. Undefined: nothing. */
    readonly value?: (response: HttpAnswer, record: StreamRecord) => unknown
    /** Default: the record's own. */
    readonly partitionKey?: (response: HttpAnswer, record: StreamRecord) => string
  }
  readonly clock?: Clock
  readonly random?: Random
  /** Sends requests. Default: Node's own client. */
  readonly http?: HttpPort
}

/** An answer as `into` sees it. */
export interface HttpAnswer extends HttpResponse {
  text(): string
  json<T = unknown>(): T
}

const known = [
  'url',
  'method',
  'body',
  'headers',
  'auth',
  'idempotencyHeader',
  'rate',
  'concurrency',
  'order',
  'success',
  'final',
  'attemptsMax',
  'outageMsMax',
  'backoff',
  'retryAfterMsMax',
  'timeoutMs',
  'responseBytesMax',
  'into',
  'clock',
  'random',
  'http',
] as const satisfies readonly (keyof HttpSinkOptions)[]

/** Those that are numbers: range and default. */
const numbers = {
  concurrency: [1, 1000, 8],
  attemptsMax: [1, 1_000_000, 10],
  outageMsMax: [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  retryAfterMsMax: [0, 86_400_000, 300_000],
  timeoutMs: [1, 3_600_000, 30_000],
  responseBytesMax: [0, 16 * 1024 * 1024, 64 * 1024],
} as const

export type HttpNumbers = { readonly [name in keyof typeof numbers]: number }

/** Error: HTTP_OPTION. */
export function checkHttpOptions(options: HttpSinkOptions): HttpNumbers {
  for (const name of Object.keys(options)) {
    // Names of any text are looked for among the known ones.
    if (!(known as readonly string[]).includes(name))
      throw wrong(name, `is unknown. ${didYouMean(name, known)}`.trim())
  }
  const { url, method, order = 'key', rate, auth, backoff = {} } = options
  if (typeof url !== 'string' && typeof url !== 'function') throw wrong('url', 'must be a text or a function')
  if (typeof url === 'string') checkUrl(url)
  if (typeof method === 'string' && !/^[A-Z]{1,20}$/.test(method))
    throw wrong('method', `must be one such as 'PUT', but is ${shown(method)}`)
  if (order !== 'key' && order !== 'none')
    throw wrong('order', `must be 'key' or 'none', but is ${shown(order)}`)
  if (rate !== undefined) {
    checkNumber('rate.perSecond', rate.perSecond, 0.001, 1_000_000)
    if (rate.burst !== undefined) checkNumber('rate.burst', rate.burst, 1, 1_000_000)
  }
  for (const [name, codes] of [['success', options.success] as const, ['final', options.final] as const]) {
    for (const code of codes ?? []) checkNumber(name, code, 100, 599)
  }
  for (const [name, value] of Object.entries(backoff)) checkNumber(`backoff.${name}`, value, 1, 86_400_000)
  if (auth !== undefined && 'env' in auth && !process.env[auth.env]) {
    throw wrong(
      'auth',
      `names the environment variable ${auth.env}, which is not set. Set it where the app is started`,
    )
  }
  const checked = Object.entries(numbers).map(([name, [min, max, byDefault]]) => {
    // A name of `numbers`, and so of an option that is a number.
    const value = options[name as keyof typeof numbers] ?? byDefault
    if (value !== byDefault) checkNumber(name, value, min, max)
    return [name, value]
  })
  // The names are those of `numbers`.
  return Object.fromEntries(checked) as HttpNumbers
}

/** Read at each use, so that a variable may change. */
export function secretOf(auth: NonNullable<HttpSinkOptions['auth']>): string {
  return 'env' in auth ? (process.env[auth.env] ?? '') : auth.secret
}

/** A template of a text option. Error: HTTP_OPTION. */
export function templateOption(name: string, text: string, use: Parameters<typeof requestTemplate>[1]) {
  try {
    return requestTemplate(text, use)
  } catch (error) {
    throw wrong(name, `has no usable path: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function checkUrl(text: string): void {
  const sample = text.replace(/\{\$[^{}]*\}/g, 'x')
  const parsed = URL.canParse(sample) ? new URL(sample) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw wrong('url', 'must begin with http:// or https://, such as "https://api.example.com/users/{$.id}"')
  if (parsed.username !== '' || parsed.password !== '')
    throw wrong(
      'url',
      'must have no account in it, since addresses are shown. Name an environment variable by "auth"',
    )
}

function checkNumber(name: string, value: unknown, min: number, max: number): void {
  if (typeof value === 'number' && value >= min && value <= max) return
  throw wrong(name, `must be a number from ${min} to ${max}, but is ${shown(value)}`)
}

function wrong(name: string, what: string): ConnectError {
  return new ConnectError('HTTP_OPTION', `httpSink: "${name}" ${what}${what.endsWith('?') ? '' : '.'}`)
}
