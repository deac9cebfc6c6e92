/** What expressions see besides the row. */
import type { HostFunctions } from '../../host-function.ts'

export interface ExpressionContext {
  /** Processing time, ms: CURRENT_TIMESTAMP, PROCTIME(). */
  now(): number
  /** IANA name of the session zone. */
  readonly zone: string
  readonly functions: HostFunctions
  /** CURRENT_WATERMARK(column). */
  watermark(): number | undefined
  /** Uniform in [0, 1): RAND, UUID. Without it they fail the row. */
  readonly random?: (() => number) | undefined
}
