/**
 * Hints of a SELECT or of a table: OPTIONS changes a table's options for one use, STATE_TTL says how long a join or an
 * aggregation keeps the rows of a source. LOOKUP, BROADCAST and the like steer how Flink runs a join; the answer is the same
 * without them, so they are let pass with a warning.
 */
import { codes } from '../../diagnostic/codes.ts'
import type { Hint } from '../../syntax/tree.ts'
import type { FlinkContext } from './context.ts'
import { checkOption, durationOf } from './table-options.ts'

/** The context for the FROM clause and the aggregation of a SELECT with these hints. */
export function withHints(context: FlinkContext, hints: readonly Hint[] | undefined): FlinkContext {
  // Hints of a SELECT do not reach into its subqueries.
  if (hints === undefined || hints.length === 0)
    return context.stateTtl === undefined ? context : { ...context, stateTtl: new Map() }
  const stateTtl = new Map<string, number>()
  for (const hint of hints) {
    if (hint.name.toUpperCase() !== 'STATE_TTL') warnIgnored(context, hint)
    else
      for (const { name, value, span } of hint.options)
        stateTtl.set(name, durationOf(context, `STATE_TTL of ${name}`, value, span))
  }
  return { ...context, stateTtl }
}

/** What the OPTIONS hints of a table set. */
export function optionHints(
  context: FlinkContext,
  hints: readonly Hint[] | undefined,
): Readonly<Record<string, string>> | undefined {
  let options: Record<string, string> | undefined
  for (const hint of hints ?? []) {
    if (hint.name.toUpperCase() !== 'OPTIONS') warnIgnored(context, hint)
    else {
      options ??= {}
      for (const { name, value, span } of hint.options) {
        checkOption(context, name, value, span)
        options[name] = value
      }
    }
  }
  return options
}

function warnIgnored(context: FlinkContext, hint: Hint): void {
  context.base.diagnostics.report(
    codes.hintIgnored,
    hint.span,
    `the hint ${hint.name} changes nothing here. OPTIONS behind a table and STATE_TTL behind SELECT have an effect.`,
  )
}
