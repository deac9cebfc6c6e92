/**
 * The tumbling windows of one shard: which window a record belongs to, and the state that goes from call to call.
 *
 * Windows are aligned to the epoch and take records by their arrival in the log, which never decreases within a shard. A
 * window is open from its first record that was settled until its final call is done; there is one at a time. Its state is
 * the JSON text of one object, `{}` at first; a state of more than 1 MiB ends the window early, and what still comes of it
 * begins with an empty one. Committed with the shard's position: bounds in the stage's record, state as an operator's.
 */
import type { WindowCall } from './function-runner.ts'

export const windowStateBytesMax = 1024 * 1024
const emptyState = '{}'
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** As the stage's record holds it. */
export interface WindowPosition {
  readonly start: number
  readonly end: number
  readonly early?: true
}

export class TumblingWindow {
  /** The state has changed since it was last written. */
  dirty = false
  private readonly lengthMs: number
  private readonly carries: boolean
  private current: { readonly start: number; readonly end: number } | undefined
  private state = emptyState
  private early = false

  constructor(settings: { readonly lengthMs: number; readonly carries: boolean }) {
    this.lengthMs = settings.lengthMs
    this.carries = settings.carries
  }

  restore(position: WindowPosition | undefined, state: Uint8Array | undefined): void {
    this.current = position && { start: position.start, end: position.end }
    this.early = position?.early === true
    if (state === undefined) return
    if (position !== undefined || this.carries) this.state = decoder.decode(state)
    // Carried until the last run.
    else this.dirty = true
  }

  /** The window that has had records and waits for its final call. */
  get open(): { readonly start: number; readonly end: number } | undefined {
    return this.current
  }

  /** Its state has grown too large: the final call is due now. */
  get isTerminated(): boolean {
    return this.early
  }

  /** Of its state, as UTF-8. */
  get stateBytes(): number {
    return Buffer.byteLength(this.state)
  }

  /** Where the window of a record begins. An open one keeps its length, whatever the settings are by now. */
  startOf(timeMs: number): number {
    const { current } = this
    if (current !== undefined && timeMs < current.end) return current.start
    return Math.floor(timeMs / this.lengthMs) * this.lengthMs
  }

  endOf(start: number): number {
    return start === this.current?.start ? this.current.end : start + this.lengthMs
  }

  call(start: number, isFinal: boolean): WindowCall {
    const end = this.endOf(start)
    return { start, end, state: this.state, isFinal, isTerminatedEarly: isFinal && this.early }
  }

  /** Gives what puts it back as it is now. */
  saved(): () => void {
    const { current, state, early } = this
    return () => {
      this.current = current
      this.state = state
      this.early = early
      this.dirty = true
    }
  }

  /** A batch of the window is settled; without a new state (it was given up) the state stays. */
  settle(start: number, state: string | undefined): void {
    if (this.current?.start !== start) {
      this.current = { start, end: this.endOf(start) }
      this.dirty = true
    }
    if (state === undefined || state === this.state) return
    this.state = state
    this.early = Buffer.byteLength(state) > windowStateBytesMax
    this.dirty = true
  }

  /** The final call is done, and returned this. */
  close(state: string | undefined): void {
    this.state = this.carries && !this.early ? (state ?? this.state) : emptyState
    // What the final call returns begins another window: it must not end that one at once.
    if (Buffer.byteLength(this.state) > windowStateBytesMax) this.state = emptyState
    this.current = undefined
    this.early = false
    this.dirty = true
  }

  position(): WindowPosition | undefined {
    const { current } = this
    return current && { ...current, ...(this.early ? { early: true as const } : {}) }
  }

  /** What is to be kept beside the position; undefined: nothing. */
  stored(): Uint8Array | undefined {
    return this.current === undefined && this.state === emptyState ? undefined : encoder.encode(this.state)
  }
}
