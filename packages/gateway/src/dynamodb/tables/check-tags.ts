/** Tags of tables: at most 50, keys of 128 and values of 256 characters, none that begins with `aws:`. */
import { invalidParameters, validation } from '../faults.ts'

export const TAGS_MAX = 50
const KEY_CHARACTERS_MAX = 128
const VALUE_CHARACTERS_MAX = 256

/** Errors: ValidationException. */
export function checkTags(
  tags: readonly { readonly Key: string; readonly Value: string }[],
  present: Readonly<Record<string, string>> = {},
): void {
  const keys = new Set<string>()
  for (const { Key, Value } of tags) {
    if (Key.length === 0 || Key.length > KEY_CHARACTERS_MAX) {
      throw invalidParameters(
        `Tag key must have 1 to ${KEY_CHARACTERS_MAX} characters, but has ${Key.length}`,
      )
    }
    if (Value.length > VALUE_CHARACTERS_MAX) {
      throw invalidParameters(
        `Tag value of ${Key} must have at most ${VALUE_CHARACTERS_MAX} characters, but has ${Value.length}`,
      )
    }
    if (Key.toLowerCase().startsWith('aws:')) {
      throw validation('One or more parameter values were invalid: Tag keys may not begin with aws:')
    }
    if (keys.has(Key)) throw invalidParameters(`Duplicate tag key: ${Key}`)
    keys.add(Key)
  }
  for (const key of Object.keys(present)) keys.add(key)
  if (keys.size > TAGS_MAX) {
    throw invalidParameters(`Tag limit exceeded: a table may have ${TAGS_MAX} tags, not ${keys.size}`)
  }
}
