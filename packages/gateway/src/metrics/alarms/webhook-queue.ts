/**
 * Delivers events to one webhook, in order, one at a time: up to 5 attempts of at most 10 s each, with 1, 2, 4 and 8 s
 * between them. A reply of 2xx is delivered; 408, 429, 5xx or no reply is tried again; anything else, redirects included,
 * would not change by itself and is given up at once. At most 32 events wait; when more come, the oldest go, since the
 * newest say how things stand. Whatever is lost is told, with the host but without the rest of the address.
 *
 * An event may arrive twice (a reply that got lost); its `id` says so. Events that wait when the gateway stops are lost.
 */
import type { Clock } from '@millrace/values'
import { GatewayError } from '../../errors.ts'
import type { WebhookTransport } from './webhook-transport.ts'

export interface WebhookQueueOptions {
  readonly url: string
  readonly clock: Clock
  readonly transport: WebhookTransport
  readonly onProblem: (problem: GatewayError) => void
}

const waitingMax = 32
const attemptsMax = 5
const answerMs = 10_000
const firstBackOffMs = 1_000

export class WebhookQueue {
  readonly #options: WebhookQueueOptions
  readonly #waiting: { readonly alarm: string; readonly body: string }[] = []
  /** Set while run() waits for something to do. */
  #wake: (() => void) | undefined

  constructor(options: WebhookQueueOptions) {
    this.#options = options
  }

  push(alarm: string, body: string): void {
    if (this.#waiting.length === waitingMax) {
      const oldest = this.#waiting.shift()
      this.#lose(oldest?.alarm ?? alarm, `${waitingMax} newer events are waiting`)
    }
    this.#waiting.push({ alarm, body })
    this.#wake?.()
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#wake?.()
    signal.addEventListener('abort', stop, { once: true })
    while (!signal.aborted) {
      const next = this.#waiting.shift()
      if (next !== undefined) await this.#deliver(next.alarm, next.body, signal)
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = undefined
      }
    }
    signal.removeEventListener('abort', stop)
  }

  async #deliver(alarm: string, body: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      const outcome = await this.#attempt(body, signal)
      if (outcome === undefined || signal.aborted) return
      if (outcome.final) return this.#lose(alarm, outcome.reason)
      if (attempt === attemptsMax) return this.#lose(alarm, `${outcome.reason}, ${attempt} times`)
      await this.#options.clock.sleep(firstBackOffMs * 2 ** (attempt - 1), signal)
    }
  }

  /** Undefined: delivered. */
  async #attempt(
    body: string,
    signal: AbortSignal,
  ): Promise<{ readonly final: boolean; readonly reason: string } | undefined> {
    const { url, clock, transport } = this.#options
    const ended = new AbortController()
    const waiting = new AbortController()
    const stop = () => {
      ended.abort()
      waiting.abort()
    }
    signal.addEventListener('abort', stop, { once: true })
    try {
      // A transport that does not heed the signal is left behind; its late result or failure concerns nobody.
      return await Promise.race([
        transport({ url, body, signal: ended.signal }).then(judgeStatus, judgeFailure),
        clock
          .sleep(answerMs, waiting.signal)
          .then(() => ({ final: false, reason: `no answer in ${answerMs} ms` })),
      ])
    } finally {
      signal.removeEventListener('abort', stop)
      stop()
    }
  }

  #lose(alarm: string, reason: string): void {
    const { origin } = new URL(this.#options.url)
    this.#options.onProblem(
      new GatewayError(
        'ALARM_WEBHOOK_FAILED',
        `an event of alarm "${alarm}" was not delivered to ${origin}: ${reason}. Check the webhook of the alarm's rule.`,
      ),
    )
  }
}

function judgeStatus(status: number): { final: boolean; reason: string } | undefined {
  if (status >= 200 && status < 300) return undefined
  if (status >= 300 && status < 400) {
    return { final: true, reason: `HTTP ${status}, a redirect, and redirects are not followed` }
  }
  return { final: status < 500 && status !== 408 && status !== 429, reason: `HTTP ${status}` }
}

/** Only the code: the message may repeat the address. */
function judgeFailure(error: unknown): { final: boolean; reason: string } {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code =
    typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'no connection'
  return { final: false, reason: code }
}
