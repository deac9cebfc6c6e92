/** A text under which equal key values meet: NULL equals NULL, CHAR without trailing blanks, 0 and -0 alike (GROUP BY, PARTITION BY). */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'

export function keyText(keys: readonly SqlValue[], exprs: readonly { readonly type: SqlType }[]): string {
  let text = ''
  for (let k = 0; k < keys.length; k++) {
    const part = partText(keys[k]!, exprs[k]!.type)
    // The length in front keeps ('a', 'b|c') and ('a|b', 'c') apart.
    text += part === undefined ? '-' : `${part.length}:${part}`
  }
  return text
}

function partText(value: SqlValue, type: SqlType): string | undefined {
  if (value === null) return undefined
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  if (typeof value === 'string') return type.kind === 'CHAR' ? value.replace(/ +$/, '') : value
  return typeof value === 'number' ? String(value + 0) : String(value)
}
