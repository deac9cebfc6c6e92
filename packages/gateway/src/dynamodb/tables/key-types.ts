/** The types of key attributes: the API's letters and the store's names. */
import type { KeyDefinition } from '@millrace/store'

export type KeyType = 'S' | 'N' | 'B'

const letters = { string: 'S', number: 'N', binary: 'B' } as const
const names = { S: 'string', N: 'number', B: 'binary' } as const

export function letterOf({ type }: KeyDefinition): KeyType {
  return letters[type]
}

export function keyDefinition(name: string, letter: KeyType): KeyDefinition {
  return { name, type: names[letter] }
}
