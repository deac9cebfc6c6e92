import { expect, it } from 'vitest'
import { defineApp } from '../define/define-app.ts'
import { streamGuard } from './stream-guard.ts'

it('nothing that a running app reads or writes may be deleted, dead letters on their way back included', () => {
  const app = defineApp('a', (app) => {
    app.function('f', { from: app.stream('s') }, () => {})
  })
  const { mayDelete } = streamGuard(app.build({ dir: '.', env: {} }).definition)
  expect(['s', 'f.redrive', 'other'].filter((stream) => mayDelete(stream) !== undefined)).toEqual([
    's',
    'f.redrive',
  ])
})
