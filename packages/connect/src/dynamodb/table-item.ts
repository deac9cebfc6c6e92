/** Items between our typed form and that of the AWS client, which has bytes where ours has base64 texts. */
import type { AttributeValue as SdkValue } from '@aws-sdk/client-dynamodb'
import { type AttributeValue, canonicalNumber, setMember, type TypedItem } from '@millrace/tables'

export type SdkItem = Record<string, SdkValue>

export function sdkItem(item: TypedItem): SdkItem {
  const members: SdkItem = {}
  for (const [name, value] of Object.entries(item)) setMember(members, name, sdkValue(value))
  return members
}

function sdkValue(value: AttributeValue): SdkValue {
  if ('M' in value) return { M: sdkItem(value.M) }
  if ('L' in value) return { L: value.L.map(sdkValue) }
  if ('B' in value) return { B: bytesOf(value.B) }
  if ('BS' in value) return { BS: value.BS.map(bytesOf) }
  if ('SS' in value) return { SS: [...value.SS] }
  return 'NS' in value ? { NS: [...value.NS] } : value
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** One text for each key: of an item, or of a key alone; undefined if a key attribute is missing, empty or no key. */
export function keyText(
  item: { readonly [name: string]: object },
  keys: readonly string[],
): string | undefined {
  const parts: string[] = []
  for (const name of keys) {
    const part = item[name] && keyPart(item[name])
    if (part === undefined || part.length === 1) return undefined
    parts.push(part)
  }
  return JSON.stringify(parts)
}

/** The type's letter and the value. */
function keyPart(value: object): string | undefined {
  // Of either form, the values differ only in how they hold bytes.
  const { S: text, N: number, B: bytes } = value as { S?: unknown; N?: unknown; B?: unknown }
  if (typeof text === 'string') return `S${text}`
  if (typeof number === 'string') return `N${canonicalNumber(number)}`
  if (bytes instanceof Uint8Array) return `B${Buffer.from(bytes).toString('base64')}`
  return typeof bytes === 'string' ? `B${bytes}` : undefined
}
