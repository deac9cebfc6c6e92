/**
 * Latency of records: from when the newest source record behind one entered the system to the durable commit of what
 * became of it. Held as an HDR histogram of microseconds with three digits, up to one hour (longer counts as one hour):
 * recording costs about 0.2 us, and histograms of several threads add up exactly. The maximum is kept beside it, exact.
 */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js'

const hourMicros = 3_600_000_000

/** From a record's arrival in the first stream to the durable commit of what became of it. */
export interface LatencySummary {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** A histogram as it crosses threads. */
export interface LatencyMessage {
  readonly histogram: string
  readonly maxMs: number
}

export class Latency {
  private readonly histogram: Histogram = build({
    bitBucketSize: 64,
    highestTrackableValue: hourMicros,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  })
  private maxMs = 0

  /** Clocks of one machine may step back: a negative latency counts as none. */
  record(ms: number, count = 1): void {
    if (!(count > 0) || Number.isNaN(ms)) return
    this.histogram.recordValueWithCount(Math.min(hourMicros, Math.max(0, Math.round(ms * 1000))), count)
    if (ms > this.maxMs) this.maxMs = ms
  }

  get count(): number {
    return this.histogram.totalCount
  }

  /** All that was recorded so far. */
  toMessage(): LatencyMessage {
    return { histogram: encodeIntoCompressedBase64(this.histogram), maxMs: this.maxMs }
  }

  addMessage(message: LatencyMessage): void {
    this.histogram.add(decodeFromCompressedBase64(message.histogram, 64, false))
    this.maxMs = Math.max(this.maxMs, message.maxMs)
  }

  addAll(other: Latency): void {
    if (other.count === 0) return
    this.histogram.add(other.histogram)
    this.maxMs = Math.max(this.maxMs, other.maxMs)
  }

  /** What was recorded since an earlier state of the same; all of it, if `before` is of another. The largest is that of its bucket. */
  since(before: Latency): LatencySummary {
    const count = this.count - before.count
    if (count < 0) return this.summary()
    const recent = new Latency()
    recent.addAll(this)
    try {
      if (before.count > 0) recent.histogram.subtract(before.histogram)
    } catch {
      return this.summary()
    }
    if (count > 0) recent.maxMs = Math.min(this.maxMs, recent.histogram.getValueAtPercentile(100) / 1000)
    return recent.summary()
  }

  summary(): LatencySummary {
    const count = this.histogram.totalCount
    if (count === 0) return { count: 0, p50: 0, p90: 0, p99: 0, max: 0 }
    // The histogram answers with the upper end of a bucket, which may lie above the largest value.
    const at = (percentile: number): number =>
      rounded(Math.min(this.maxMs, this.histogram.getValueAtPercentile(percentile) / 1000))
    return { count, p50: at(50), p90: at(90), p99: at(99), max: rounded(this.maxMs) }
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
