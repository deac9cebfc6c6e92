/** A key and its type: `orderId (number)`. */
import type { KeyShape } from '../../../../src/protocol/tables.ts'

export function keyLabel({ name, type }: KeyShape): string {
  return `${name} (${type})`
}
