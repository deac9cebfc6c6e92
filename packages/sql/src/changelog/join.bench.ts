/**
 * Speed and memory of regular joins on one core, the operator alone: `npx tsc -b packages/sql && node --expose-gc
 * node_modules/.bin/jiti packages/sql/src/changelog/join.bench.ts`. Rows are made before; each 2,000 rows are followed by
 * the change log, as a commit would be.
 *
 * The shapes are those of Nexmark: of 50 events one is a person, three are auctions, 46 are bids; half of the bids go to
 * one of every 100 auctions.
 *   q3   persons with auctions by seller, both small
 *   q9   auctions with bids by auction, in the auction's time; rows of 10 and 7 columns
 *   q20  the same without the condition on time
 *   q20-left  the same as a left join: auctions without bids stand alone until the first one
 *   interval  auctions with bids of the next 20 s, a watermark after every row
 *   changes  1,000,000 rows with unique keys against 1,000,000 that are updated (-U, +U)
 * Figures: rows in per second, rows out, bytes of heap for each row of state, bytes of change log for each row in.
 */
import type { Expr } from '../plan.ts'
import type { Operator, OperatorContext, Port } from './operator.ts'
import { makeIntervalJoin } from './operators/interval-join.ts'
import { makeJoin } from './operators/join.ts'
import type { ChangelogNode, JoinNode } from './plan.ts'
import { type Row, type RowKind, rowKind } from './row.ts'
import { MemoryStore } from './state/memory-store.ts'
import { call, column, inputOf, integer, text, timestamp } from './testing/join-kit.ts'

const events = Number(process.env.EVENTS ?? 1_000_000)
const noSpan = { start: 0, end: 0 }

interface Change {
  readonly side: 0 | 1
  readonly row: Row
  readonly kind: RowKind
}

function nexmark(): { persons: Row[]; auctions: Row[]; bids: Row[]; order: Uint8Array } {
  const [persons, auctions, bids]: [Row[], Row[], Row[]] = [[], [], []]
  const order = new Uint8Array(events)
  let seed = 1
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return seed % below
  }
  for (let i = 0; i < events; i++) {
    const time = 1_700_000_000_000 + i
    const slot = i % 50
    if (slot === 0) {
      persons.push([persons.length, `name ${i}`, `mail${i}@example.com`, 'card', 'city', 'OR', time, 'extra'])
    } else if (slot < 4) {
      order[i] = 1
      const id = auctions.length
      const seller = random(Math.max(1, persons.length))
      auctions.push([
        id,
        `item ${id}`,
        `about item ${id}`,
        10,
        20,
        time,
        time + 20_000,
        seller,
        id % 20,
        'extra',
      ])
    } else {
      order[i] = 2
      const newest = auctions.length - 1
      const auction = i % 2 === 0 ? Math.floor(newest / 100) * 100 : Math.max(0, newest - random(100))
      bids.push([
        auction,
        random(1000),
        random(100_000),
        `channel ${i % 5}`,
        `https://example.com/${i % 500}`,
        time,
        `bid ${i}`,
      ])
    }
  }
  return { persons, auctions, bids, order }
}

const auctionTypes = [integer, text, text, integer, integer, timestamp, timestamp, integer, integer, text]
const bidTypes = [integer, integer, integer, text, text, timestamp, text]

function joinOf(
  left: ChangelogNode,
  right: ChangelogNode,
  leftKey: number,
  rightKey: number,
  residual?: Expr,
): JoinNode {
  return {
    kind: 'join',
    left,
    right,
    join: 'inner',
    condition: { leftKeys: [column(leftKey)], rightKeys: [column(rightKey)], nullSafe: [false], residual },
    nullAware: false,
    leftTtl: 0,
    rightTtl: 0,
    schema: { fields: [] },
    traits: { changes: 'append', times: [], keys: [], window: undefined },
    span: noSpan,
  }
}

type Make = (context: OperatorContext, out: Port) => Operator

function measure(
  name: string,
  make: Make,
  changes: readonly Change[],
  timeOf?: (change: Change) => number,
): void {
  const store = new MemoryStore(() => 0)
  let rowsOut = 0
  const out: Port = {
    row: () => {
      rowsOut++
    },
    watermark: () => {},
  }
  const context: OperatorContext = {
    id: name,
    state: store,
    now: () => 0,
    zone: 'UTC',
    functions: new Map(),
    watermark: () => undefined,
    onTime: () => {},
    late: () => {},
    fail: (_, error) => {
      throw error
    },
  }
  const { inputs } = make(context, out)
  globalThis.gc?.()
  const heapBefore = process.memoryUsage().heapUsed
  let logged = 0
  let inLog = 0
  const start = process.hrtime.bigint()
  for (let i = 0; i < changes.length; i++) {
    const { side, row, kind } = changes[i]!
    inputs[side]!.row(row, kind)
    if (timeOf !== undefined) for (const input of inputs) input.watermark(timeOf(changes[i]!))
    if (i % 2_000 === 1_999) {
      const logStart = process.hrtime.bigint()
      logged += store.takeChange()?.length ?? 0
      inLog += Number(process.hrtime.bigint() - logStart)
    }
  }
  const took = Number(process.hrtime.bigint() - start)
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed - heapBefore
  const perSecond = (ns: number) => Math.round(changes.length / (ns / 1e9)).toLocaleString('en')
  console.log(
    `${name}: ${changes.length.toLocaleString('en')} rows in, ${rowsOut.toLocaleString('en')} out, ` +
      `${perSecond(took)} rows/s (${perSecond(took - inLog)} without the log), ` +
      `${store.rowCount.toLocaleString('en')} kept, ${Math.round(heap / store.rowCount)} B heap each beside the row, ` +
      `${Math.round(logged / changes.length)} B log each`,
  )
}

const joined =
  (node: JoinNode): Make =>
  (context, out) =>
    makeJoin(node, context, out)
const wanted = process.argv[2]
const insert = (side: 0 | 1, row: Row): Change => ({ side, row, kind: rowKind.insert })

if (wanted === undefined || wanted.startsWith('q')) {
  const { persons, auctions, bids, order } = nexmark()
  const person = inputOf([integer, text, text, text, text, text, timestamp, text])
  const [auction, bid] = [inputOf(auctionTypes), inputOf(bidTypes)]
  const next = [0, 0, 0]
  const all = Array.from(order, (kind) => ({ kind, row: [persons, auctions, bids][kind]![next[kind]!++]! }))
  const q3 = all.flatMap(({ kind, row }) => (kind === 2 ? [] : [insert(kind === 1 ? 0 : 1, row)]))
  const q9 = all.flatMap(({ kind, row }) => (kind === 0 ? [] : [insert(kind === 1 ? 0 : 1, row)]))
  const inTime = call('AND', [
    call('>=', [column(15, timestamp), column(5, timestamp)]),
    call('<=', [column(15, timestamp), column(6, timestamp)]),
  ])
  const [auctionTime, bidTime] = [
    { column: 5, kind: 'rowtime' },
    { column: 5, kind: 'rowtime' },
  ] as const
  const interval: Make = (context, out) => {
    const { left, right, join, condition, schema, traits } = joinOf(auction, bid, 0, 0)
    const times = { leftTime: auctionTime, rightTime: bidTime, lower: 0, upper: 20_000 }
    return makeIntervalJoin(
      { kind: 'interval-join', left, right, join, condition, schema, traits, ...times, span: noSpan },
      context,
      out,
    )
  }
  if (wanted === undefined || wanted === 'q-interval') {
    measure('interval', interval, q9, ({ row }) => row[5] as number)
  }
  for (let run = 0; run < 2; run++) {
    if (wanted === undefined || wanted === 'q3') measure('q3', joined(joinOf(auction, person, 7, 0)), q3)
    if (wanted === undefined || wanted === 'q9') measure('q9', joined(joinOf(auction, bid, 0, 0, inTime)), q9)
    if (wanted === undefined || wanted === 'q20') measure('q20', joined(joinOf(auction, bid, 0, 0)), q9)
    if (wanted === undefined || wanted === 'q20-left')
      measure('q20-left', joined({ ...joinOf(auction, bid, 0, 0), join: 'left' }), q9)
  }
}

if (wanted === undefined || wanted === 'changes') {
  const keyed = inputOf([integer, text, integer], { changes: 'retract', keys: [[0]] })
  const changes: Change[] = []
  for (let i = 0; i < events; i++)
    changes.push(insert(0, [i, `left ${i}`, i]), insert(1, [i, `right ${i}`, i]))
  for (let i = 0; i < events / 4; i++) {
    const key = (i * 7) % events
    changes.push({ side: 1, row: [key, `right ${key}`, key], kind: rowKind.updateBefore })
    changes.push({ side: 1, row: [key, `right ${key}!`, key], kind: rowKind.updateAfter })
  }
  measure('changes', joined(joinOf(keyed, keyed, 0, 0)), changes)
}
