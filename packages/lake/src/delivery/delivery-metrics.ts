/** What a stage of a delivery tells its meter, under the names of AWS/Firehose. */
import type { DeliveryMeter, StageContext } from '@millrace/runtime'
import type { Clock } from '@millrace/values'
import type { Router } from './router.ts'
import type { StoredPlan } from './running-plans.ts'

export type MetricsRole = 'DeliveryToS3' | 'BackupToS3'

export class DeliveryMetrics {
  readonly #role: MetricsRole
  readonly #meter: DeliveryMeter
  readonly #clock: Clock
  #isBehind = true

  constructor(role: MetricsRole, { deliveryMeter, clock }: Pick<StageContext, 'deliveryMeter' | 'clock'>) {
    this.#role = role
    this.#meter = deliveryMeter
    this.#clock = clock
  }

  read(records: number, bytes: number, arrivedAt: number): void {
    if (this.#role !== 'DeliveryToS3') return
    this.#isBehind = true
    this.#meter.observe('DataReadFromKinesisStream.Records', records)
    this.#meter.observe('DataReadFromKinesisStream.Bytes', bytes)
    this.#meter.observe('KinesisMillisBehindLatest', Math.max(0, this.#clock.now() - arrivedAt))
  }

  caughtUp(): void {
    // Said once: an idle stage observes nothing, or it would never rest.
    if (this.#role !== 'DeliveryToS3' || !this.#isBehind) return
    this.#isBehind = false
    this.#meter.observe('KinesisMillisBehindLatest', 0)
  }

  /** `oldest`: arrival of the oldest record that is not stored; Infinity if there is none. */
  stored(plans: readonly StoredPlan[], oldest: number): void {
    const now = this.#clock.now()
    for (const { buffer, stored, tookMs, plan } of plans) {
      const isError = buffer.errorType !== undefined
      const role = isError ? 'BackupToS3' : this.#role
      this.#meter.observe(`${role}.Records`, buffer.rows.rows)
      this.#meter.observe(`${role}.Bytes`, stored.bytes)
      this.#meter.observe(`${role}.Success`, 1)
      if (role === 'DeliveryToS3') this.#meter.observe('DeliveryToS3.ObjectCount', 1)
      this.#meter.observe(`${role}.DataFreshness`, Math.max(0, now - plan.instant) / 1000)
      if (buffer.errorType === 'format-conversion-failed') {
        this.#meter.observe('FailedConversion.Records', buffer.rows.rows)
        this.#meter.observe('FailedConversion.Bytes', buffer.rows.bytes)
      } else if (!isError && buffer.output.canRefuse) {
        this.#meter.observe('SucceedConversion.Records', buffer.rows.rows)
        this.#meter.observe('SucceedConversion.Bytes', buffer.rows.bytes)
      }
      if (buffer.values !== undefined && tookMs > 0)
        this.#meter.observe('PerPartitionThroughput', (buffer.rows.bytes * 1000) / tookMs)
    }
    if (plans.length > 0 && oldest < Number.POSITIVE_INFINITY)
      this.#meter.observe(`${this.#role}.DataFreshness`, Math.max(0, now - oldest) / 1000)
  }

  failed(): void {
    this.#meter.observe(`${this.#role}.Success`, 0)
  }

  partitions(router: Router): void {
    const limit = router.activeMax
    if (limit === undefined) return
    this.#meter.observe('ActivePartitionsLimit', limit)
    this.#meter.observe('PartitionCount', router.activeCount)
    this.#meter.observe('PartitionCountExceeded', router.hasRefused ? 1 : 0)
    router.hasRefused = false
  }
}
