/** The headers that every reply has, and those of CORS. */
import { randomBytes } from 'node:crypto'
import type { Clock } from '@millrace/values'
import type { Exchange } from './exchange.ts'

const exposedHeaders =
  'x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date'

export class ReplyHeaderWriter {
  readonly #clock: Clock
  /** The opaque x-amz-id-2 decodes to 72 bytes, as the service's does: 48 of the gateway, then those of the request. */
  readonly #gatewayTag = randomBytes(48).toString('base64')
  #second = Number.NaN
  #date = ''

  constructor(clock: Clock) {
    this.#clock = clock
  }

  headers(exchange: Exchange, requestId: string): Record<string, string | number> {
    const headers: Record<string, string | number> = {
      'x-amzn-RequestId': requestId,
      'x-amz-id-2': this.#gatewayTag + requestId.replaceAll('-', ''),
      // Clients correct their clock by it after a signature was refused, so it has to be the clock that refused it. In
      // lower case, because node:http2 adds its own where it does not find this very name.
      date: this.#dateText(),
    }
    if (exchange.header('origin') !== undefined) {
      headers['Access-Control-Allow-Origin'] = '*'
      headers['Access-Control-Expose-Headers'] = exposedHeaders
    }
    return headers
  }

  /** The answer to a browser that asks whether it may call. */
  preflight(exchange: Exchange, requestId: string): Record<string, string | number> {
    const headers: Record<string, string | number> = {
      'x-amzn-RequestId': requestId,
      date: this.#dateText(),
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Max-Age': 172_800,
    }
    const wantedHeaders = exchange.header('access-control-request-headers')
    if (wantedHeaders !== undefined) headers['Access-Control-Allow-Headers'] = wantedHeaders
    const wantedMethod = exchange.header('access-control-request-method')
    if (wantedMethod !== undefined) headers['Access-Control-Allow-Methods'] = wantedMethod
    return headers
  }

  #dateText(): string {
    const second = Math.floor(this.#clock.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#date = new Date(second * 1000).toUTCString()
    }
    return this.#date
  }
}
