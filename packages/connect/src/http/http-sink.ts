/**
 * Sink `httpSink`: a handler for `app.function` that sends a request for each record of its stream (docs/http-sink.md).
 *
 * Promise: at least once, and in order per partition key. What a service took before a kill or a lost answer comes again, under
 * the same idempotency key. A record that is refused for good is a dead letter with the code and the beginning of the answer, and
 * those after it go on. Of a service that does not answer, or is overloaded, nothing is to be blamed on records: it is waited for.
 *
 *   turn (concurrency) -> pause that the service asked for -> token (rate) -> request -> done, refused, or another attempt after a wait
 */
import type { FunctionContext, FunctionHandler, StreamRecord } from '@millrace/runtime'
import { type Clock, type Random, seededRandom, systemClock } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import { Backoff } from '../kinesis/backoff.ts'
import { describeFailures, failureOf, SinkError, type SinkFailure } from '../sink-error.ts'
import { fetchPort, type HttpPort, type HttpRequest, type HttpResponse } from './http-port.ts'
import {
  checkHttpOptions,
  type HttpAnswer,
  type HttpNumbers,
  type HttpSinkOptions,
  secretOf,
} from './http-sink-options.ts'
import { RateLimit } from './rate-limit.ts'
import { type MakeRequest, requestMaker, shownUrl } from './record-request.ts'
import { retryAfterMs } from './retry-after.ts'
import { Turns } from './turns.ts'

const outageCodes: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504])
/** Failures in a row before the stage says that it is held up. */
const quietFailures = 3
const blocked = 'SINK_BLOCKED'
const shownBodyLength = 300

/** Errors: HTTP_OPTION here; SINK_ITEMS_FAILED (a SinkError) of its calls. */
export function httpSink(options: HttpSinkOptions): FunctionHandler {
  const sink = new HttpSink(options)
  return (records, context) => sink.handle(records, context)
}

class HttpSink {
  readonly #options: HttpSinkOptions
  readonly #numbers: HttpNumbers
  readonly #clock: Clock
  readonly #random: Random
  readonly #http: HttpPort
  readonly #requestOf: MakeRequest
  readonly #turns: Turns
  readonly #rate: RateLimit | undefined
  /** Retries of a call hand over the same objects: what was answered is not sent again, and what it answered is emitted again. */
  readonly #answered = new WeakMap<StreamRecord, HttpResponse | 'nothing'>()
  /** A service asked to be left alone until then. */
  #pausedUntil = Number.NEGATIVE_INFINITY
  /** Requests that wait for the service. */
  readonly #waiting = new Set<StreamRecord>()

  constructor(options: HttpSinkOptions) {
    const { clock = systemClock, random, http = fetchPort, rate } = options
    this.#numbers = checkHttpOptions(options)
    this.#options = options
    this.#clock = clock
    this.#random = random ?? seededRandom(clock.now())
    this.#http = http
    this.#requestOf = requestMaker(options)
    this.#turns = new Turns(this.#numbers.concurrency)
    this.#rate = rate && new RateLimit(rate, clock)
  }

  async handle(records: readonly StreamRecord[], context: FunctionContext): Promise<void> {
    const refused: SinkFailure[] = []
    const chains = this.#chains(records.filter((record) => !this.#answered.has(record)))
    // Each ends by itself: a failure that is no record's ends the call when the others are over.
    const ends = await Promise.allSettled(
      chains.map(async (chain) => {
        for (const record of chain) await this.#send(record, context, refused)
      }),
    )
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    if (refused.length > 0)
      throw new SinkError(describeFailures('the service', 'refuses', refused), refused, true)
    for (const record of records) this.#emit(record, context)
  }

  /** Records of one key one after the other. */
  #chains(records: readonly StreamRecord[]): StreamRecord[][] {
    if (this.#options.order === 'none') return records.map((record) => [record])
    const chains = new Map<string, StreamRecord[]>()
    for (const record of records) {
      const chain = chains.get(record.partitionKey)
      if (chain === undefined) chains.set(record.partitionKey, [record])
      else chain.push(record)
    }
    return [...chains.values()]
  }

  /** Until it is answered or refused. Throws the signal's reason. */
  async #send(record: StreamRecord, context: FunctionContext, refused: SinkFailure[]): Promise<void> {
    let request: HttpRequest | undefined
    try {
      request = this.#requestOf(record, context.stage)
    } catch (error) {
      refused.push(failureOf(record, codeOf(error), error instanceof Error ? error.message : String(error)))
      return
    }
    if (request === undefined) {
      this.#answered.set(record, 'nothing')
      return
    }
    const { firstMs = 200, mostMs = 30_000 } = this.#options.backoff ?? {}
    const backoff = new Backoff(this.#clock, this.#random, { firstMs, mostMs })
    const startedAt = this.#clock.now()
    try {
      for (let answers = 0; ; ) {
        const result = await this.#attempt(request, context)
        if (result.kind === 'done') {
          this.#answered.set(record, result.response)
          return
        }
        const place = `${request.method} ${shownUrl(request.url)}`
        if (result.kind === 'answered') answers++
        const isOver =
          result.kind === 'outage'
            ? this.#clock.now() - startedAt >= this.#numbers.outageMsMax
            : answers >= this.#numbers.attemptsMax
        if (result.kind === 'refused' || isOver) {
          const tries = result.kind === 'refused' ? '' : `, after ${backoff.failures + 1} attempts`
          refused.push(failureOf(record, result.code, `${place}: ${result.message}${tries}`))
          return
        }
        this.#block(record, context, `${place}: ${result.message}`, backoff.failures)
        await backoff.wait(context.signal)
      }
    } finally {
      this.#unblock(record, context)
    }
  }

  async #attempt(request: HttpRequest, { signal }: FunctionContext): Promise<Outcome> {
    return this.#turns.run(async () => {
      while (!signal.aborted && this.#clock.now() < this.#pausedUntil) {
        await this.#clock.sleep(this.#pausedUntil - this.#clock.now(), signal)
      }
      await this.#rate?.take(signal)
      signal.throwIfAborted()
      let response: HttpResponse
      try {
        response = await this.#withinTime(request)
      } catch (error) {
        return {
          kind: 'outage',
          code: codeOf(error),
          message: this.#withoutSecret(`no answer: ${reasonOf(error)}`),
        }
      }
      return this.#outcome(response)
    })
  }

  /** A stop lets what is under way come to its end: whether the service took it would not be known. */
  async #withinTime(request: HttpRequest): Promise<HttpResponse> {
    const { timeoutMs, responseBytesMax } = this.#numbers
    const giveUp = new AbortController()
    const over = new AbortController()
    const late = this.#clock.sleep(timeoutMs, over.signal).then((): never => {
      const error = Object.assign(new Error(`nothing within ${timeoutMs} ms`), { code: 'ETIMEDOUT' })
      giveUp.abort(error)
      throw error
    })
    // In the end for nobody.
    late.catch(() => {})
    try {
      const sending = this.#http(request, { bodyBytesMax: responseBytesMax, signal: giveUp.signal })
      return await Promise.race([sending, late])
    } finally {
      over.abort()
    }
  }

  #outcome(response: HttpResponse): Outcome {
    const { status } = response
    const { success, final } = this.#options
    if (success === undefined ? status >= 200 && status < 300 : success.includes(status)) {
      return { kind: 'done', response }
    }
    const code = `HTTP ${status}`
    const message = this.#answerText(response)
    const isOutage = outageCodes.has(status)
    if (final === undefined ? status < 500 && !isOutage : final.includes(status))
      return { kind: 'refused', code, message }
    const waitMs = retryAfterMs(response.headers.get('retry-after'), this.#clock.now())
    if (waitMs !== undefined) {
      const until = this.#clock.now() + Math.min(waitMs, this.#numbers.retryAfterMsMax)
      this.#pausedUntil = Math.max(this.#pausedUntil, until)
    }
    return { kind: isOutage ? 'outage' : 'answered', code, message }
  }

  #answerText({ status, headers, body }: HttpResponse): string {
    const text = new TextDecoder()
      .decode(body.subarray(0, shownBodyLength * 4))
      .replace(/\s+/g, ' ')
      .trim()
    const location = headers.get('location')
    const to = location === undefined ? '' : `, to ${shownUrl(location)}`
    const start = text.length > shownBodyLength ? `${text.slice(0, shownBodyLength)}...` : text
    return this.#withoutSecret(`answered ${status}${to}${start === '' ? '' : `: ${start}`}`)
  }

  /** A service may repeat what it was sent. */
  #withoutSecret(text: string): string {
    const { auth } = this.#options
    const secret = auth && secretOf(auth)
    return secret ? text.replaceAll(secret, '***') : text
  }

  #emit(record: StreamRecord, context: FunctionContext): void {
    const { into } = this.#options
    const response = this.#answered.get(record)
    if (into === undefined || response === undefined || response === 'nothing') return
    const text = () => new TextDecoder().decode(response.body)
    const answer: HttpAnswer = { ...response, text, json: () => JSON.parse(text()) }
    const value = into.value === undefined ? plainAnswer(answer, record) : into.value(answer, record)
    if (value === undefined) return
    const partitionKey = into.partitionKey?.(answer, record) ?? record.partitionKey
    context.emit(into.stream, value, { partitionKey })
  }

  #block(record: StreamRecord, { warn }: FunctionContext, message: string, failures: number): void {
    if (failures < quietFailures) return
    this.#waiting.add(record)
    warn(blocked, `a service is tried again and again, and records wait: ${message}`)
  }

  #unblock(record: StreamRecord, { warn }: FunctionContext): void {
    if (this.#waiting.delete(record) && this.#waiting.size === 0) warn(blocked, undefined)
  }
}

type Outcome =
  | { readonly kind: 'done'; readonly response: HttpResponse }
  /** `answered`: by a code that may be the record's fault, or pass. */
  | { readonly kind: 'refused' | 'answered' | 'outage'; readonly code: string; readonly message: string }

function plainAnswer(answer: HttpAnswer, { stream, shard, sequence, partitionKey }: StreamRecord): object {
  const { status, isCut } = answer
  let body: unknown = answer.text()
  if (!isCut && /\bjson\b/.test(answer.headers.get('content-type') ?? '')) {
    try {
      body = answer.json()
    } catch {
      // What calls itself JSON and is none stays a text.
    }
  }
  return { stream, shard, sequence, partitionKey, status, body, ...(isCut ? { isCut } : {}) }
}

/** Node hides why a request failed in a cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && cause.message !== ''
    ? `${error.message} (${cause.message})`
    : error.message
}

function codeOf(error: unknown): string {
  if (error instanceof ConnectError) return error.code
  const { code, cause } = (error ?? {}) as {
    readonly code?: unknown
    readonly cause?: { readonly code?: unknown }
  }
  if (typeof code === 'string') return code
  if (typeof cause?.code === 'string') return cause.code
  return error instanceof Error ? error.name : 'Error'
}
