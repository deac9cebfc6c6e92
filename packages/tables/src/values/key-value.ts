/** Key values between their attribute form and the form in which the store takes them. */
import type { KeyDefinition, KeyValue } from '@millrace/store'
import type { AttributeType, AttributeValue } from '../attribute-value.ts'
import { canonicalNumber } from './number-text.ts'

export const keyAttributeType = { string: 'S', number: 'N', binary: 'B' } as const satisfies Record<
  KeyDefinition['type'],
  AttributeType
>

/** Undefined if the attribute is not of the key's type. Numbers stay decimal text, so that no digit is lost. */
export function keyValueOf(value: AttributeValue, type: KeyDefinition['type']): KeyValue | undefined {
  if (type === 'string') return 'S' in value ? value.S : undefined
  if (type === 'number') return 'N' in value ? value.N : undefined
  return 'B' in value ? Buffer.from(value.B, 'base64') : undefined
}

export function attributeOfKey(value: KeyValue, type: KeyDefinition['type']): AttributeValue {
  if (value instanceof Uint8Array) return { B: Buffer.from(value).toString('base64') }
  return type === 'number' ? { N: canonicalNumber(String(value)) } : { S: String(value) }
}
