/** What a wrong rule is told as: which rule, which member, its value, what is allowed, and what to do. */
import { CdcError } from '../errors.ts'

/** A rule as messages name it: `rule 3 "rename orders"`, or the place in the list where it has neither id nor name. */
export interface RulePlace {
  readonly id: string
  readonly name: string
}

export function ruleError(
  place: RulePlace | undefined,
  member: string,
  value: unknown,
  allowed: string,
  next?: string,
): CdcError {
  const where = place === undefined ? 'table mappings' : `rule ${place.id} "${place.name}"`
  const what = value === undefined ? 'is missing' : `is ${shown(value)}`
  return new CdcError(
    'CDC_RULES_INVALID',
    `${where}: ${member} ${what}. Allowed: ${allowed}.${next === undefined ? '' : ` ${next}`}`,
  )
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 120 ? `${text.slice(0, 120)}...` : text
}
