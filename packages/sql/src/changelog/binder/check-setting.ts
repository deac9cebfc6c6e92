/** Checks of SET: values that this engine reads have to be of their form; other settings are kept as they are. */
import { codes } from '../../diagnostic/codes.ts'
import { isZone } from '../../functions/zone.ts'
import type { Span } from '../../span.ts'
import type { FlinkContext } from './context.ts'
import { durationOf } from './table-options.ts'

const durations: ReadonlySet<string> = new Set([
  'table.exec.state.ttl',
  'table.exec.source.idle-timeout',
  'table.exec.emit.early-fire.delay',
])

const choices: ReadonlyMap<string, readonly string[]> = new Map([
  ['execution.runtime-mode', ['STREAMING']],
  ['table.exec.sink.not-null-enforcer', ['ERROR', 'DROP']],
  ['table.exec.sink.type-length-enforcer', ['IGNORE', 'TRIM_PAD', 'THROW']],
  ['table.exec.sink.upsert-materialize', ['AUTO', 'NONE', 'FORCE']],
])

export function checkSetting(context: FlinkContext, key: string, value: string, span: Span): void {
  if (durations.has(key)) durationOf(context, key, value, span)
  const allowed = choices.get(key)
  if (allowed !== undefined && !allowed.includes(value.toUpperCase()))
    context.base.diagnostics.fail(
      codes.badOption,
      span,
      `'${key}' is '${value}'; here it may be ${allowed.map((each) => `'${each.toLowerCase()}'`).join(' or ')}.`,
    )
  if (key === 'table.local-time-zone' && !isZone(value))
    context.base.diagnostics.fail(
      codes.badOption,
      span,
      `'${value}' is no time zone. Write an IANA name such as 'UTC', 'Europe/Berlin' or 'America/Los_Angeles', or an offset such as 'GMT+02:00'.`,
    )
}
