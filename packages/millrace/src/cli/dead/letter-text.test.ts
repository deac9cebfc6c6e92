import { expect, it } from 'vitest'
import { withoutCode } from './letter-text.ts'

it('a code that has a column of its own is not repeated in the message', () => {
  expect(withoutCode('TABLE_KEY_MISSING', 'TABLE_KEY_MISSING table "T": it is missing.')).toBe(
    'table "T": it is missing.',
  )
  for (const message of ['TABLE_KEY_MISSING', 'Errors are many', 'no Error here']) {
    expect(withoutCode('Error', message)).toBe(message)
  }
})
