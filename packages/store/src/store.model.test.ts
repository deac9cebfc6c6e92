import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Store } from './port.ts'
import { openStore } from './store.ts'
import { bytes, isCorrupt, readAll, TestClock, testDirectory, text } from './testing/support.ts'

/** The store as arrays and maps: what it has to answer like. */
class Model {
  readonly shards: { sequence: number; key: string; data: string; commit: number; time: number }[][] = [
    [],
    [],
    [],
  ]
  readonly next = [0, 0, 0]
  readonly items = new Map<string, string>()
  readonly stages = new Map<string, string>()
  readonly state = new Map<
    string,
    { snapshot: string[]; changes: { blob: string; liveUntil: number | null }[] }
  >()
  commit = 0
  time = 0
}

const SHARDS = 3
const RETENTION_MS = 1_000
const words = fc.string({ maxLength: 6 })
const operatorNames = fc.constantFrom('a', 'ab', 'b')
const liveUntil = fc.constantFrom(null, 10, 20, 30)

const steps = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    records: fc.array(fc.tuple(words, fc.nat(3), fc.nat(400_000)), { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('put' as const),
    keys: fc.array(fc.nat(12), { maxLength: 12 }),
    value: words,
  }),
  fc.record({ kind: fc.constant('delete' as const), key: fc.nat(7) }),
  fc.record({ kind: fc.constant('get' as const), key: fc.nat(7) }),
  fc.record({ kind: fc.constant('stage' as const), name: operatorNames, value: words }),
  fc.record({ kind: fc.constant('change' as const), operator: operatorNames, blob: words, liveUntil }),
  fc.record({
    kind: fc.constant('snapshot' as const),
    operator: operatorNames,
    chunks: fc.array(words, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('trim' as const),
    operator: operatorNames,
    time: fc.constantFrom(10, 11, 20, 30, 31),
  }),
  fc.record({ kind: fc.constant('drop' as const), operator: operatorNames }),
)
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

const acts = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('commit' as const),
      steps: fc.array(steps, { maxLength: 8 }),
      fails: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('clock' as const), by: fc.integer({ min: -500, max: 700 }) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('retention' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reopen' as const) }) },
)

test('any sequence of commits, failures, reopens and retention answers like arrays and maps', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { maxLength: 25 }), async (list) => {
      const dir = testDirectory()
      const clock = new TestClock()
      let store = await open(dir, clock)
      let model = new Model()
      // The making of a stream is stamped too: no record of it is older.
      model.time = clock.time
      for (const act of list) {
        if (act.act === 'clock') clock.time += act.by
        if (act.act === 'reopen') {
          await store.close()
          store = await open(dir, clock)
        }
        if (act.act === 'retention')
          expect(store.enforceRetention(clock.time)).toBe(retain(model, clock.time))
        if (act.act === 'commit') model = commit(store, model, act.steps, { clock, fails: act.fails })
        compare(store, model)
      }
      await store.close()
    }),
    { numRuns: 100 },
  )
})

async function open(dir: string, clock: TestClock): Promise<Store> {
  const store = await openStore({ dir, clock })
  store.defineStream({ name: 's', shards: SHARDS, retentionMs: RETENTION_MS })
  store.defineTable({ name: 't', partitionKey: { name: 'k', type: 'number' } })
  return store
}

/** Applies the steps to both; returns the model after the commit, or before it where the work fails. */
function commit(
  store: Store,
  before: Model,
  list: readonly Step[],
  how: { clock: TestClock; fails: boolean },
): Model {
  const model = structuredCopy(before)
  let wrote = false
  const run = (): void =>
    store.commit((transaction) => {
      model.commit = transaction.commit
      expect(transaction.commit).toBe(before.commit + 1)
      model.time = Math.max(before.time, Math.floor(how.clock.time))
      expect(transaction.time).toBe(model.time)
      for (const step of list) wrote = applyStep(transaction, model, step) || wrote
      if (how.fails) throw new Error('roll back')
    })
  if (how.fails) {
    expect(run).toThrow('roll back')
    return before
  }
  run()
  // A commit that wrote nothing takes no number.
  return wrote ? model : before
}

type Tx = Parameters<Parameters<Store['commit']>[0]>[0]

function applyStep(transaction: Tx, model: Model, step: Step): boolean {
  switch (step.kind) {
    case 'append': {
      const records = step.records.map(([key, shard, size]) => ({
        key: bytes(key),
        // Long data now and then, so that batches are split.
        data: bytes('d'.repeat(size > 350_000 ? size : size % 50)),
        ...(shard < SHARDS ? { shard } : {}),
      }))
      const places = transaction.append('s', records)
      places.forEach(({ shard, sequence }, i) => {
        expect(sequence).toBe(model.next[shard])
        model.next[shard] = sequence + 1
        const { key, data } = records[i]!
        model.shards[shard]!.push({
          sequence,
          key: text(key)!,
          data: text(data)!,
          commit: model.commit,
          time: model.time,
        })
      })
      return records.length > 0
    }
    case 'put':
      step.keys.forEach((key, i) => {
        transaction.putItem('t', key, undefined, bytes(`${step.value} ${i}`))
        model.items.set(String(key), `${step.value} ${i}`)
      })
      return step.keys.length > 0
    case 'delete':
      expect(transaction.deleteItem('t', step.key, undefined)).toBe(model.items.has(String(step.key)))
      return model.items.delete(String(step.key))
    case 'get':
      expect(text(transaction.getItem('t', step.key, undefined))).toBe(model.items.get(String(step.key)))
      return false
    case 'stage':
      transaction.setStage(step.name, bytes(step.value))
      model.stages.set(step.name, step.value)
      return true
    case 'change': {
      transaction.appendState('g', step.operator, bytes(step.blob), step.liveUntil)
      stateOf(model, step.operator).changes.push({ blob: step.blob, liveUntil: step.liveUntil })
      return true
    }
    case 'snapshot':
      transaction.replaceState('g', step.operator, step.chunks.map(bytes))
      model.state.set(step.operator, { snapshot: [...step.chunks], changes: [] })
      return true
    case 'trim': {
      const { changes } = stateOf(model, step.operator)
      let freed = 0
      while (changes.length > 0 && changes[0]!.liveUntil !== null && changes[0]!.liveUntil < step.time) {
        freed += Buffer.byteLength(changes.shift()!.blob)
      }
      expect(transaction.trimState('g', step.operator, step.time)).toBe(freed)
      return true
    }
    case 'drop':
      transaction.dropState('g', step.operator)
      model.state.delete(step.operator)
      return true
  }
}

function retain(model: Model, now: number): number {
  let removed = 0
  for (const shard of model.shards) {
    while (shard.length > 0 && shard[0]!.time < now - RETENTION_MS) {
      shard.shift()
      removed++
    }
  }
  return removed
}

function compare(store: Store, model: Model): void {
  for (let shard = 0; shard < SHARDS; shard++) {
    const expected = model.shards[shard]!
    const { oldest, next, bytes: size } = store.shard('s', shard)
    const info = { shard, oldest, next, bytes: size }
    const bytesHeld = expected.reduce((sum, { key, data }) => sum + Buffer.byteLength(key + data), 0)
    expect(info).toEqual({
      shard,
      oldest: model.next[shard]! - expected.length,
      next: model.next[shard],
      bytes: bytesHeld,
    })
    expect(readAll(store, 's', shard, 3)).toEqual(expected.map(({ time: _, ...record }) => record))
    const middle = expected[expected.length >> 1]
    if (middle !== undefined) {
      const { batches } = store.read('s', shard, middle.sequence, { maxRecords: 1, maxBytes: 1 })
      const first = batches[0]!
      expect(isCorrupt(first)).toBe(false)
      expect(first.firstSequence).toBeLessThanOrEqual(middle.sequence)
      for (const time of [middle.time, middle.time + 1]) {
        const found = expected.find((record) => record.time >= time)
        expect(store.sequenceAtTime('s', shard, time)).toBe(found?.sequence ?? model.next[shard])
      }
    }
  }
  const items = [...model.items].sort(([a], [b]) => Number(a) - Number(b))
  expect([...store.scan('t')].map(({ partitionKey, json }) => [String(partitionKey), text(json)])).toEqual(
    items,
  )
  expect(store.table('t')?.items).toBe(items.length)
  const [first, second] = items
  if (first !== undefined) {
    expect(text(store.getItem('t', Number(first[0])))).toBe(first[1])
    const after = [...store.scan('t', { after: { partitionKey: Number(first[0]) }, limit: 1 })]
    expect(after.map(({ partitionKey }) => String(partitionKey))).toEqual(
      second === undefined ? [] : [second[0]],
    )
  }
  for (const [name, value] of model.stages) expect(text(store.getStage(name))).toBe(value)
  const state = [...model.state]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([operator, { snapshot, changes }]) =>
      [...snapshot, ...changes.map(({ blob }) => blob)].map((blob) => [operator, blob]),
    )
  expect([...store.readState('g')].map(({ operator, blob }) => [operator, text(blob)])).toEqual(state)
}

function stateOf(
  model: Model,
  operator: string,
): { snapshot: string[]; changes: { blob: string; liveUntil: number | null }[] } {
  const known = model.state.get(operator)
  if (known !== undefined) return known
  const fresh = { snapshot: [], changes: [] }
  model.state.set(operator, fresh)
  return fresh
}

function structuredCopy(model: Model): Model {
  // structuredClone keeps maps and arrays and loses only the class, which has no methods.
  return structuredClone(model) as Model
}
