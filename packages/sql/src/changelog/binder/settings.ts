/** Settings of a program that change its plan. */
import { codes } from '../../diagnostic/codes.ts'
import type { Span } from '../../span.ts'
import type { FlinkContext } from './context.ts'
import { durationSetting, stateTtlOf } from './table-options.ts'

/** The zone in whose local time windows on TIMESTAMP_LTZ are cut. */
export function sessionZone(context: FlinkContext): string {
  const zone = context.settings.get('table.local-time-zone')
  return zone === undefined || zone === 'default' ? 'UTC' : zone
}

/** ms after which unwindowed state is forgotten; 0: never. */
export function stateTtl(context: FlinkContext, span: Span): number {
  return stateTtlOf(context, span)
}

/** ms of processing time between early results of a window; 0: none. */
export function earlyFire(context: FlinkContext, span: Span): number {
  if (context.settings.get('table.exec.emit.early-fire.enabled')?.toLowerCase() !== 'true') return 0
  const delay = durationSetting(context, 'table.exec.emit.early-fire.delay', -1, span)
  if (delay <= 0) {
    return context.base.diagnostics.fail(
      codes.badWindow,
      span,
      `early results are switched on by table.exec.emit.early-fire.enabled, but table.exec.emit.early-fire.delay is ${delay < 0 ? 'not set' : '0'}. SET 'table.exec.emit.early-fire.delay' = '5 s', or another time above 0.`,
    )
  }
  return delay
}
