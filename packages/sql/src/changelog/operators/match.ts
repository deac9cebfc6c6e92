/**
 * MATCH_RECOGNIZE (3.8), one row for each match. Rows are sorted by time, then by the other sort keys, then by arrival, up to
 * the watermark; a row at or below the watermark is late. By processing time rows count as they come.
 *
 * Each partition looks for the match that begins at its first row (match-search.ts). When that is settled, it goes on at the
 * next row, or where AFTER MATCH SKIP says; so matches come out in order of their first rows. A search is settled as well when
 * no row can come within WITHIN any more, and when the input ends. A skip that would go to no row, or to the first row of the
 * match again, is reported and goes to the next row.
 *
 * State: the rows that wait for the watermark or may belong to a match, each once by number of arrival; searches are made
 * again from them after a restart. Cost of a row: the ways of reading it that are open.
 */
import { SqlRuntimeError } from '../../functions/index.ts'
import type { SqlValue } from '../../plan.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { MatchNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { makeRowOrder, type RowOrder } from './compare-rows.ts'
import { asRowFailure } from './join-condition.ts'
import { TimeQueue } from './join-time-queue.ts'
import { MatchReferences } from './match-references.ts'
import { MatchPattern, MatchSearch } from './match-search.ts'
import type { MatchStep } from './match-step.ts'
import { partitionKey } from './rank-parts.ts'

export function makeMatch(node: MatchNode, context: OperatorContext, out: Port): Operator {
  return new Match(node, context, out)
}

/** Rows from the one at which the search begins. */
interface Partition {
  readonly key: Key
  readonly rows: Row[]
  readonly numbers: number[]
  search: MatchSearch | undefined
  /** Rows that the search has read. */
  read: number
}

interface Waiting {
  readonly row: Row
  readonly number: number
}

class Match implements Operator {
  readonly inputs: readonly Port[]
  readonly #node: MatchNode
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #proctime: boolean
  readonly #keyOf: (row: Row) => Key
  readonly #order: RowOrder
  readonly #pattern: MatchPattern
  readonly #measures: (step: MatchStep) => SqlValue[]
  readonly #kept: KeyedState<Row>
  /** Rows up to this time are in partitions. */
  readonly #passed: { get(): number; set(value: number): void }
  readonly #queue = new TimeQueue()
  readonly #partitions = new Map<Key, Partition>()
  /** When WITHIN ends for open searches, by the number of their first row. */
  readonly #deadlines = new TimeQueue()
  readonly #open = new Map<number, Partition>()
  #nextNumber = 0
  /** Searches are made again: nothing may come out, because those below are not ready. */
  #resuming = false

  constructor(node: MatchNode, context: OperatorContext, out: Port) {
    this.#node = node
    this.#context = context
    this.#out = out
    this.#proctime = node.time.kind === 'proctime'
    this.#keyOf = partitionKey(node)
    this.#order = makeRowOrder(node.order.filter(({ column }) => column !== node.time.column))
    const variables = [...new Set(node.pattern.map(({ variable }) => variable))]
    const references = new MatchReferences(node, variables, context)
    this.#measures = references.measures()
    this.#pattern = new MatchPattern(node, variables, references, {
      timeOf: (row) => row[node.time.column] as number, // #row lets no other row in.
      failed: (row, error) => {
        const failure = asRowFailure(error)
        // It was reported before the restart.
        if (!this.#resuming) context.fail(row, failure)
      },
    })
    this.#kept = context.state.keyed('rows')
    this.#passed = context.state.value('passed', Number.NEGATIVE_INFINITY)
    this.inputs = [{ row: (row) => this.#row(row), watermark: (time) => this.#watermark(time) }]
    if (this.#proctime) context.onTime(this)
  }

  resume(): void {
    const passed = this.#passed.get()
    const before: Waiting[] = []
    for (const [key, row] of this.#kept.entries()) {
      const number = key as number // #row gave it.
      this.#nextNumber = Math.max(this.#nextNumber, number + 1)
      if (this.#proctime || this.#pattern.timeOf(row) <= passed) before.push({ row, number })
      else this.#queue.push(this.#pattern.timeOf(row), number)
    }
    if (!this.#proctime)
      before.sort((a, b) => this.#pattern.timeOf(a.row) - this.#pattern.timeOf(b.row) || this.#compare(a, b))
    this.#resuming = true
    for (const { row, number } of before) this.#feed(row, number)
    this.#resuming = false
  }

  #row(row: Row): void {
    const time = row[this.#node.time.column]
    if (typeof time !== 'number') {
      this.#context.fail(
        row,
        new SqlRuntimeError('NotNullViolation', 'the time attribute of the row is NULL'),
      )
      return
    }
    if (!this.#proctime && time <= this.#passed.get()) {
      this.#context.late(row)
      return
    }
    const number = this.#nextNumber++
    this.#kept.set(number, row)
    if (this.#proctime) this.#feed(row, number)
    else this.#queue.push(time, number)
  }

  #watermark(watermark: number): void {
    if (!this.#proctime) {
      while (this.#queue.size > 0 && this.#queue.firstTime <= watermark) {
        for (const { row, number } of this.#takeFirst()) this.#feed(row, number)
      }
      if (watermark > this.#passed.get()) this.#passed.set(watermark)
      this.#timeOut(watermark)
    }
    if (watermark === Number.POSITIVE_INFINITY)
      for (const each of [...this.#partitions.values()]) this.#end(each)
    this.#out.watermark(watermark)
  }

  /** Rows to come are of `now` or later. */
  advance(now: number): void {
    this.#timeOut(now - 1)
  }

  /** The rows of the earliest time, sorted. */
  #takeFirst(): Waiting[] {
    const time = this.#queue.firstTime
    const taken: Waiting[] = []
    while (this.#queue.size > 0 && this.#queue.firstTime === time) {
      const number = this.#queue.pop()
      taken.push({ row: this.#kept.get(number)!, number })
    }
    return taken.length === 1 ? taken : taken.sort((a, b) => this.#compare(a, b))
  }

  #compare(a: Waiting, b: Waiting): number {
    return this.#order(a.row, b.row) || a.number - b.number
  }

  #feed(row: Row, number: number): void {
    const key = this.#keyOf(row)
    let partition = this.#partitions.get(key)
    if (partition === undefined) {
      partition = { key, rows: [], numbers: [], search: undefined, read: 0 }
      this.#partitions.set(key, partition)
    }
    partition.rows.push(row)
    partition.numbers.push(number)
    this.#run(partition, false)
  }

  /** Searches as far as the rows go. `ended`: no row of the first search can come any more. */
  #run(partition: Partition, ended: boolean): void {
    const { rows } = partition
    while (rows.length > 0) {
      let { search } = partition
      if (search === undefined) {
        search = new MatchSearch(this.#pattern)
        partition.search = search
        partition.read = 0
      }
      let open = true
      while (open && partition.read < rows.length) open = search.advance(rows[partition.read++]!)
      if (open && !ended && !this.#isOver(rows[0]!)) {
        this.#noteDeadline(partition)
        return
      }
      partition.search = undefined
      const { match } = search
      this.#drop(partition, match === undefined ? 1 : this.#put(match))
    }
    this.#partitions.delete(partition.key)
  }

  #end(partition: Partition): void {
    this.#run(partition, true)
  }

  /** Whether time has passed WITHIN of a match that begins with the row. */
  #isOver(first: Row): boolean {
    if (this.#resuming) return false
    const passed = this.#proctime ? this.#context.now() - 1 : this.#passed.get()
    return passed - this.#pattern.timeOf(first) >= this.#pattern.within
  }

  #noteDeadline(partition: Partition): void {
    const number = partition.numbers[0]!
    if (this.#node.within === undefined || this.#open.has(number)) return
    this.#open.set(number, partition)
    this.#deadlines.push(this.#pattern.timeOf(partition.rows[0]!) + this.#node.within, number)
  }

  #timeOut(passed: number): void {
    while (this.#deadlines.size > 0 && this.#deadlines.firstTime <= passed) {
      const number = this.#deadlines.pop()
      const partition = this.#open.get(number)
      this.#open.delete(number)
      if (partition !== undefined && partition.numbers[0] === number) this.#run(partition, false)
    }
  }

  /** Puts a match out; how many rows to go on. */
  #put(match: MatchStep): number {
    try {
      const values = this.#measures(match)
      const row = this.#node.partition.map((column) => match.row[column]!)
      this.#out.row([...row, ...values], rowKind.insert)
    } catch (error) {
      this.#context.fail(match.row, asRowFailure(error))
    }
    return this.#skip(match)
  }

  #skip(match: MatchStep): number {
    const { skip } = this.#node
    if (!('variable' in skip)) return skip.kind === 'past-last' ? match.length : 1
    const variable = this.#pattern.variables.indexOf(skip.variable)
    const target = (skip.kind === 'to-first' ? match.firsts : match.lasts)[variable]
    if (target !== undefined && target.length > 1) return target.length - 1
    const where = target === undefined ? 'no row of the match' : 'the first row of the match again'
    this.#context.fail(
      match.row,
      new SqlRuntimeError(
        'ValueOutOfRange',
        `AFTER MATCH SKIP to ${skip.variable} would go to ${where}; it went to the next row`,
      ),
    )
    return 1
  }

  #drop(partition: Partition, count: number): void {
    for (let at = 0; at < count; at++) {
      const number = partition.numbers[at]!
      this.#kept.delete(number)
      this.#open.delete(number)
    }
    partition.rows.splice(0, count)
    partition.numbers.splice(0, count)
  }
}
