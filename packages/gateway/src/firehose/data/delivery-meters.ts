/** Metric handles of deliveries, looked up once for each. */
import type { Meter, MetricHandle } from '../../metrics/meter.ts'
import type { FirehoseMetric } from '../../metrics/metric-catalogue.ts'
import type { FirehoseLimits } from '../found-delivery.ts'

/** Above this many deliveries the handles are looked up anew; the meter keeps the series. */
const DELIVERIES_MAX = 4096

export class DeliveryMeters {
  readonly #meter: Meter
  readonly #deliveries = new Map<string, OneDeliveryMeter>()

  constructor(meter: Meter) {
    this.#meter = meter
  }

  /** Of a delivery that exists: clients may name any. */
  of(delivery: string): OneDeliveryMeter {
    let found = this.#deliveries.get(delivery)
    if (found === undefined) {
      if (this.#deliveries.size >= DELIVERIES_MAX) this.#deliveries.clear()
      found = new OneDeliveryMeter(this.#meter, delivery)
      this.#deliveries.set(delivery, found)
    }
    return found
  }
}

export class OneDeliveryMeter {
  readonly #meter: Meter
  readonly #delivery: string
  readonly #handles = new Map<FirehoseMetric, MetricHandle>()

  constructor(meter: Meter, delivery: string) {
    this.#meter = meter
    this.#delivery = delivery
  }

  observe(name: FirehoseMetric, value: number): void {
    let handle = this.#handles.get(name)
    if (handle === undefined) {
      handle = this.#meter.metric(name, { delivery: this.#delivery })
      this.#handles.set(name, handle)
    }
    handle.observe(value)
  }
}

/** The limits that hold now, where there are any. */
export function observeLimits(meter: OneDeliveryMeter, limits: FirehoseLimits): void {
  const { deliveryPutBytesPerSecond, deliveryPutRecordsPerSecond, deliveryPutCallsPerSecond } = limits
  if (Number.isFinite(deliveryPutBytesPerSecond))
    meter.observe('BytesPerSecondLimit', deliveryPutBytesPerSecond)
  if (Number.isFinite(deliveryPutRecordsPerSecond))
    meter.observe('RecordsPerSecondLimit', deliveryPutRecordsPerSecond)
  if (Number.isFinite(deliveryPutCallsPerSecond))
    meter.observe('PutRequestsPerSecondLimit', deliveryPutCallsPerSecond)
}
