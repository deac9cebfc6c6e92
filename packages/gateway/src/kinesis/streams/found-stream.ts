/** A stream of the store with what is stored about it, as one call finds it. */
import type { Store, StreamInfo } from '@millrace/store'
import {
  defaultSettings,
  type KinesisStream,
  type StreamSettings,
  type StreamStatus,
} from '../kinesis-context.ts'
import { streamNotFound } from './faults.ts'
import type { StoredStream, StreamChange } from './stored-settings.ts'

export class FoundStream implements KinesisStream {
  readonly name: string
  readonly arn: string
  readonly account: string
  readonly status: StreamStatus
  readonly settings: StreamSettings
  readonly #store: Store
  #info: StreamInfo | undefined

  constructor(options: {
    store: Store
    name: string
    arn: string
    account: string
    stored: StoredStream | undefined
    now: number
  }) {
    const { stored } = options
    this.name = options.name
    this.arn = options.arn
    this.account = options.account
    this.status = statusOf(stored?.change, options.now)
    this.settings = stored?.settings ?? defaultSettings
    this.#store = options.store
  }

  get info(): StreamInfo {
    this.#info ??= this.#store.stream(this.name)
    if (this.#info === undefined) throw streamNotFound(this.name, this.account)
    return this.#info
  }
}

function statusOf(change: StreamChange | undefined, now: number): StreamStatus {
  if (change === undefined) return 'ACTIVE'
  if (change.status === 'DELETING') return 'DELETING'
  return now < change.until ? change.status : 'ACTIVE'
}
