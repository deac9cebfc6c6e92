/**
 * The other processes and threads of the store's tests: a writer that is killed, a reader, an appending worker, a writer
 * whose disk fills. Plain JavaScript over the built package, since Node 20 runs no TypeScript.
 *
 * As process: node child.mjs ROLE DIR [argument]. As worker: workerData {role, dir, share, argument}.
 */
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { openStore } from '../../dist/index.js'

const clock = { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }
const encoder = new TextEncoder()
const [role, dir, argument] = workerData
  ? [workerData.role, workerData.dir, workerData.argument]
  : process.argv.slice(2)

/** Written at once, so that the parent has it even if the next instruction is the last. */
const say = (text) => writeSync(1, `${text}\n`)

const roles = {
  /** Commits n = 1, 2, ...: each puts n into a stream, a table, a stage and operator state. Says each n once it is on disk. */
  async writer() {
    const store = await openStore({ dir, clock, probe: killer(argument) })
    store.defineStream({ name: 's', shards: 2, retentionMs: Number.POSITIVE_INFINITY })
    store.defineTable({ name: 't', partitionKey: { name: 'n', type: 'number' } })
    let n = JSON.parse(Buffer.from(store.getStage('g') ?? '0').toString())
    say('open')
    for (;;) {
      n++
      store.commit((transaction) => {
        const data = encoder.encode(`${n} ${'x'.repeat((n * 7919) % 60_000)}`)
        transaction.append('s', [
          { key: encoder.encode('a'), data, shard: n % 2 },
          { key: encoder.encode('b'), data, shard: (n + 1) % 2 },
        ])
        transaction.putItem('t', n % 50, undefined, encoder.encode(`{"n":${n}}`))
        transaction.appendState('g', 'o', encoder.encode(String(n)), null)
        transaction.setStage('g', encoder.encode(String(n)))
      })
      await store.flushed()
      say(n)
    }
  },

  /** Reads until it saw `argument` records, then says how many and their numbers' sum. */
  async reader() {
    const store = await openStore({ dir, clock, mode: 'reader' })
    let position = 0
    say('open')
    while (position < Number(argument)) {
      const seen = store.news()
      const { batches } = store.read('s', 0, position, { maxRecords: 100, maxBytes: 1_000_000 })
      for (const batch of batches) position = batch.firstSequence + batch.count
      if (batches.length === 0) await store.waitForNews(seen, 5_000)
    }
    say(position)
    await store.close()
  },

  /** Appends `argument` records, one a commit, beside other threads. */
  async appender() {
    const store = await openStore({ dir, clock, share: workerData.share })
    for (let i = 0; i < argument; i++) {
      store.commit((transaction) => {
        transaction.append('s', [
          { key: encoder.encode('k'), data: encoder.encode(`${workerData.name} ${i}`), shard: 0 },
        ])
        transaction.putItem('t', `${workerData.name} ${i}`, undefined, encoder.encode('{}'))
      })
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await store.close()
  },

  /** Reads all there is, then makes `argument` commits and one more, and closes. */
  async visitor() {
    const store = await openStore({ dir, clock })
    store.defineStream({ name: 's', shards: 1, retentionMs: Number.POSITIVE_INFINITY })
    store.defineTable({ name: 't', partitionKey: { name: 'n', type: 'number' } })
    const { batches } = store.read('s', 0, 0, { maxRecords: 1e9, maxBytes: 1e9 })
    const items = [...store.scan('t')].length
    const blobs = [...store.readState('g')].length
    for (let i = 0; i <= Number(argument); i++) {
      store.commit((transaction) => {
        transaction.append('s', [{ key: encoder.encode('k'), data: new Uint8Array(500) }])
        for (let j = 0; j < 5; j++) transaction.putItem('t', i * 5 + j, undefined, new Uint8Array(300))
        transaction.appendState('g', 'o', new Uint8Array(200), null)
      })
    }
    say(`${batches.length} ${items} ${blobs}`)
    await store.close()
  },

  /** Commits until one fails and tries once more; says the codes, the commits made and the records to be read. */
  async failing() {
    const store = await openStore({ dir, clock })
    store.defineStream({ name: 's', shards: 1, retentionMs: Number.POSITIVE_INFINITY })
    const codes = []
    let written = 0
    while (codes.length < 2) {
      try {
        store.commit((transaction) =>
          transaction.append('s', [{ key: encoder.encode('k'), data: encoder.encode('d') }]),
        )
        written++
      } catch (error) {
        codes.push(error.code)
      }
    }
    const flushed = await store.flushed().catch((error) => error.code)
    const { next } = store.shard('s', 0)
    say(JSON.stringify({ codes, flushed, written, next }))
    await store.close()
  },

  /** Holds the directory until it is killed. */
  async holder() {
    await openStore({ dir, clock })
    say('open')
    setInterval(() => {}, 1_000)
  },

  /** Writes under a limit on file sizes until a commit is refused; then checks that reads work; says what it found. */
  async filler() {
    const store = await openStore({ dir, clock, mapBytes: 2 ** 32 })
    store.defineStream({ name: 's', shards: 1, retentionMs: Number.POSITIVE_INFINITY })
    const data = new Uint8Array(50_000).fill(120)
    let refused
    let written = 0
    while (refused === undefined) {
      try {
        store.commit((transaction) => transaction.append('s', [{ key: encoder.encode('k'), data }]))
        written++
      } catch (error) {
        refused = error
      }
    }
    const { batches } = store.read('s', 0, 0, { maxRecords: 1e9, maxBytes: 1e9 })
    let again
    try {
      store.commit((transaction) => transaction.append('s', [{ key: encoder.encode('k'), data }]))
    } catch (error) {
      again = error.code
    }
    say(
      JSON.stringify({ code: refused.code, message: refused.message, written, read: batches.length, again }),
    )
    await store.close()
  },
}

/** SIGKILL at the n-th passing of a commit point: 'before-commit:3'. */
function killer(at) {
  if (at === undefined) return undefined
  const [point, count] = at.split(':')
  let left = Number(count)
  return (passed) => {
    if (passed === point && --left === 0) process.kill(process.pid, 'SIGKILL')
  }
}

await roles[role]()
