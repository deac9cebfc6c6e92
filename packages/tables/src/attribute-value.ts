/**
 * Attribute values and items in the form of DynamoDB's JSON: each value says its type. This is the form on the wire, in
 * the store (for items that plain JSON cannot hold) and in memory, so that an item crosses from one to the other as it is.
 *
 * N is decimal text in canonical form (no exponent where DynamoDB shows none, no trailing zeros). B is base64 text, padded.
 * Sets are not empty and hold no value twice; their order means nothing.
 */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly M: TypedItem }
  | { readonly L: readonly AttributeValue[] }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }

export type AttributeType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'M' | 'L' | 'SS' | 'NS' | 'BS'

/** An item, or a map inside one. */
export interface TypedItem {
  readonly [attribute: string]: AttributeValue
}
