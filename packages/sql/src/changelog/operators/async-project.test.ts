/** Asynchronous functions: order, capacity, watermarks, timeouts, retries, restarts. */
import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import type { HostAsync } from '../../host-function.ts'
import type { Expr } from '../../plan.ts'
import { makeAsyncProject as makeNode, makeSource } from '../binder/nodes.ts'
import { rowKind } from '../row.ts'
import { makeTestContext, type TestContext } from '../testing/test-context.ts'
import { makeAsyncProject } from './async-project.ts'

const span = { start: 0, end: 0 }
const int = { kind: 'INTEGER' } as const
const source = makeSource(
  't',
  { fields: [{ name: 'n', type: int, nullable: true }] },
  { changes: 'append', keys: [] },
  span,
)
const column: Expr = { kind: 'column', index: 0, type: int, nullable: true, span }
const node = makeNode({ input: source, fn: 'ASK', args: [column], type: int, span })

/** Answers n + 100 after as many ms as `delayOf` says; throws for n below 0. */
function open(options: Partial<HostAsync> & { readonly delayOf?: (n: number) => number }) {
  const clock = new VirtualClock()
  const calls: number[] = []
  let under = 0
  let most = 0
  const host: HostAsync = {
    kind: 'async',
    name: 'ask',
    parameters: [int],
    returns: int,
    nullIn: 'null',
    timeoutMs: 0,
    capacity: 10,
    ordered: true,
    retry: undefined,
    call: async ([n]) => {
      const value = Number(n)
      calls.push(value)
      most = Math.max(most, ++under)
      await clock.sleep(options.delayOf?.(value) ?? 10)
      under--
      if (value < 0) throw new Error(`no answer for ${value}`)
      return value + 100
    },
    ...options,
  }
  const kit = makeTestContext({
    make: (context, out) => makeAsyncProject(node, { ...context, clock }, out),
    functions: new Map([['ASK', host]]),
  })
  return { kit, clock, calls, most: () => most }
}

function push(kit: TestContext, ...values: (number | null)[]): void {
  for (const value of values) kit.input(0).row([value], rowKind.insert)
}

test('ordered rows go on in their order, unordered ones as answers come, but not past a watermark', async () => {
  for (const ordered of [true, false]) {
    const { kit, clock } = open({ ordered, delayOf: (n) => n })
    push(kit, 30, 10, null)
    kit.input(0).watermark(5)
    push(kit, 1)
    await clock.advance(100)
    expect(kit.out.log).toEqual(
      ordered
        ? ['+I 30, 130', '+I 10, 110', '+I NULL, NULL', 'W 5', '+I 1, 101']
        : ['+I NULL, NULL', '+I 10, 110', '+I 30, 130', 'W 5', '+I 1, 101'],
    )
    await kit.operator().settle?.()
  }
})

test('no more calls than the capacity are under way', async () => {
  const { kit, clock, most } = open({ capacity: 2 })
  push(kit, 1, 2, 3, 4, 5)
  expect(kit.operator().pending).toEqual({ calls: 5, capacity: 2 })
  await clock.advance(100)
  expect(most()).toBe(2)
  expect(kit.out.texts).toHaveLength(5)
  expect(kit.operator().pending).toEqual({ calls: 0, capacity: 2 })
})

test('a failure is asked again, then fails the row; the timeout ends it', async () => {
  const { kit, clock, calls } = open({ retry: { attempts: 3, delayMs: 5 } })
  push(kit, -1, 2)
  await clock.advance(100)
  expect(calls.filter((n) => n === -1)).toHaveLength(3)
  expect(kit.out.texts).toEqual(['+I 2, 102'])
  expect(kit.failures.map(({ error }) => error.message)).toEqual(['ask: no answer for -1'])

  const slow = open({ timeoutMs: 50, delayOf: (n) => n })
  push(slow.kit, 80, 20)
  await slow.clock.advance(100)
  expect(slow.kit.out.texts).toEqual(['+I 20, 120'])
  expect(slow.kit.failures.map(({ error }) => error.message)).toEqual(['ask: no answer within 50 ms'])
})

test('a restart asks again for rows that wait, and a watermark still does not pass them', async () => {
  const { kit, clock, calls } = open({ delayOf: (n) => n })
  kit.input(0).watermark(1)
  push(kit, 5, 50)
  await clock.advance(10)
  kit.input(0).watermark(9)
  kit.out.clear()
  kit.restarted()
  kit.input(0).watermark(9)
  expect(calls).toEqual([5, 50, 50])
  expect(kit.out.log).toEqual(['W 1'])
  // The answer to the operator before comes into the same port; the one that counts comes last.
  await clock.advance(39)
  await clock.advance(20)
  expect(kit.out.log.slice(-2)).toEqual(['+I 50, 150', 'W 9'])
})
