/** A place outside that has room for one reader is read by one source of an app. */
import { postgres } from '@millrace/cdc'
import { expect, test } from 'vitest'
import { codeOf, messageOf } from '../error.ts'
import { defineApp } from './define-app.ts'

const url = 'postgres://reader:s3cret@db.example.com/shop'

function define(...slots: readonly (string | undefined)[]): unknown {
  try {
    defineApp('two', (app) => {
      for (const [i, slot] of slots.entries()) {
        const options = { url, tables: ['shop.orders'] }
        app.source(postgres(slot === undefined ? options : { ...options, slot }), {
          into: app.stream(`changes-${i}`, { shards: 1 }),
          name: `source-${i}`,
        })
      }
    }).build({ dir: '.', env: {} })
  } catch (error) {
    return error
  }
  return undefined
}

test('two sources with one slot of a server are refused, by the default and by name', () => {
  for (const slots of [
    [undefined, undefined],
    ['a', 'a'],
    [undefined, 'millrace'],
  ]) {
    const error = define(...slots)
    expect(codeOf(error)).toBe('APP_VALUE_INVALID')
    expect(messageOf(error)).toMatch(/Sources "source-0" and "source-1" both read slot "(millrace|a)" of /)
    expect(messageOf(error)).not.toContain('s3cret')
  }
  expect(define(undefined, 'other')).toBeUndefined()
})
