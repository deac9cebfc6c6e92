/**
 * Random programs answer like other servers of the DynamoDB API, reply by reply: dynalite always, DynamoDB Local with
 * MILLRACE_NIGHTLY=1. Where we differ on purpose is listed, with reasons (wanted-differences.ts). A failure prints its seed
 * and the shortest program that was found for it; MILLRACE_SEED runs one seed.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findDifference, showDifference, shrink } from './differential.ts'
import { startDynalite } from './dynalite-peer.ts'
import { type Program, randomProgram } from './random-program.ts'
import type { Peer, TablePeer } from './table-peer.ts'

/** dynalite is of 2015 in this. */
const withoutTransactions = ['TransactGetItems', 'TransactWriteItems']

describe('the comparison itself', () => {
  let [one, other]: (TablePeer | undefined)[] = []
  beforeAll(async () => {
    one = await startDynalite()
    other = await startDynalite()
  })
  afterAll(async () => {
    await one?.close()
    await other?.close()
  })

  test('a seed gives one program', () => {
    const make = (seed: number): Program => randomProgram({ seed, steps: 50 })
    expect(make(7)).toEqual(make(7))
    expect(make(7)).not.toEqual(make(8))
  })

  test('a server answers like itself', async () => {
    const program = randomProgram({ seed: 1, steps: 150, without: withoutTransactions })
    const comparison = { ours: one!, theirs: other!, wanted: [] }
    expect(await findDifference(comparison, program)).toBeUndefined()
  })

  test('a server that deletes nothing is found out, in a few steps', async () => {
    const forgetful: Peer = {
      name: 'forgetful',
      call: (operation, input) =>
        operation === 'DeleteItem' && typeof input === 'object'
          ? one!.call('GetItem', { ...input, ReturnValues: 'NONE' })
          : one!.call(operation, input),
    }
    const program = randomProgram({ seed: 2, steps: 150, without: withoutTransactions })
    const comparison = { ours: forgetful, theirs: other!, wanted: [] }
    const found = await findDifference(comparison, program)
    if (found === undefined) throw new Error('nothing was found')
    const least = await shrink(comparison, program, found)
    expect(least.steps.length, showDifference(program, least)).toBeLessThan(5)
  })
})
