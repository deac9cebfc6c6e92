/**
 * Settings of a program that change its plan. Durations are written as Flink writes them: '10 s', '5min', '1 d', '200'
 * (milliseconds).
 */
import { codes } from '../../diagnostic/codes.ts'
import type { Span } from '../../span.ts'
import type { FlinkContext } from './context.ts'

const unitMs: readonly (readonly [RegExp, number])[] = [
  [/^(|ms|milli|millis|millisecond|milliseconds)$/, 1],
  [/^(s|sec|secs|second|seconds)$/, 1000],
  [/^(m|min|minute|minutes)$/, 60_000],
  [/^(h|hour|hours)$/, 3_600_000],
  [/^(d|day|days)$/, 86_400_000],
]

/** ms; undefined if the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+)\s*([a-z]*)$/.exec(text.trim().toLowerCase())
  const unit = match === null ? undefined : unitMs.find(([name]) => name.test(match[2]!))
  return unit === undefined ? undefined : Number(match![1]) * unit[1]
}

/** The zone in whose local time windows on TIMESTAMP_LTZ are cut. */
export function sessionZone(context: FlinkContext): string {
  const zone = context.settings.get('table.local-time-zone')
  return zone === undefined || zone === 'default' ? 'UTC' : zone
}

/** ms after which unwindowed state is forgotten; 0: never. */
export function stateTtl(context: FlinkContext, span: Span): number {
  return durationSetting(context, 'table.exec.state.ttl', span) ?? 0
}

/** ms of processing time between early results of a window; 0: none. */
export function earlyFire(context: FlinkContext, span: Span): number {
  if (context.settings.get('table.exec.emit.early-fire.enabled')?.toLowerCase() !== 'true') return 0
  const delay = durationSetting(context, 'table.exec.emit.early-fire.delay', span)
  if (delay === undefined || delay === 0) {
    return context.base.diagnostics.fail(
      codes.badWindow,
      span,
      `early results are switched on by table.exec.emit.early-fire.enabled, but table.exec.emit.early-fire.delay is ${delay === undefined ? 'not set' : '0'}. SET 'table.exec.emit.early-fire.delay' = '5 s', or another time above 0.`,
    )
  }
  return delay
}

function durationSetting(context: FlinkContext, key: string, span: Span): number | undefined {
  const text = context.settings.get(key)
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  return context.base.diagnostics.fail(
    codes.badLiteral,
    span,
    `the setting ${key} is '${text}', which is no duration. Write for example '10 s', '5 min' or '1 d'.`,
  )
}
