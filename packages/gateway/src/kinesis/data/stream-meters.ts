/**
 * Metric handles of the data plane, looked up once per stream, shard or consumer. Metrics of shards are observed only
 * while the stream's settings ask for them.
 */

import { formatShardId } from '@millrace/values'
import type { Meter, MetricHandle } from '../../metrics/meter.ts'
import type { KinesisMetric } from '../../metrics/metric-catalogue.ts'
import type { StreamSettings } from '../kinesis-context.ts'

/** Above this many streams the handles are looked up anew; the meter keeps the series. */
const STREAMS_MAX = 4096

export class StreamMeters {
  readonly #meter: Meter
  readonly #streams = new Map<string, StreamMeter>()

  constructor(meter: Meter) {
    this.#meter = meter
  }

  of(stream: string): StreamMeter {
    let found = this.#streams.get(stream)
    if (found === undefined) {
      if (this.#streams.size >= STREAMS_MAX) this.#streams.clear()
      found = new StreamMeter(this.#meter, stream)
      this.#streams.set(stream, found)
    }
    return found
  }
}

export class StreamMeter {
  readonly #meter: Meter
  readonly #stream: string
  readonly #handles = new Map<string, MetricHandle>()

  constructor(meter: Meter, stream: string) {
    this.#meter = meter
    this.#stream = stream
  }

  observe(name: KinesisMetric, value: number): void {
    let handle = this.#handles.get(name)
    if (handle === undefined) {
      handle = this.#meter.metric(name, { stream: this.#stream })
      this.#handles.set(name, handle)
    }
    handle.observe(value)
  }

  observeShard(name: KinesisMetric, shard: number, value: number): void {
    const id = `${name}/${shard}`
    let handle = this.#handles.get(id)
    if (handle === undefined) {
      handle = this.#meter.metric(name, { stream: this.#stream, shard: formatShardId(shard) })
      this.#handles.set(id, handle)
    }
    handle.observe(value)
  }

  observeConsumer(name: KinesisMetric, consumer: string, value: number): void {
    const id = `${name}//${consumer}`
    let handle = this.#handles.get(id)
    if (handle === undefined) {
      handle = this.#meter.metric(name, { stream: this.#stream, consumer })
      this.#handles.set(id, handle)
    }
    handle.observe(value)
  }
}

export function isShardMetricOn(settings: StreamSettings, name: KinesisMetric): boolean {
  const { shardLevelMetrics } = settings
  return (
    shardLevelMetrics.length > 0 && (shardLevelMetrics.includes(name) || shardLevelMetrics.includes('ALL'))
  )
}
