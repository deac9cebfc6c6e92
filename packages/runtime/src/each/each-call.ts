/** One call of a per-record function: the context that it gets, and what is to be committed when it has come to its end. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Store, Transaction } from '@millrace/store'
import type { Clock } from '@millrace/values'
import { messageOf, RuntimeError, shown } from '../errors.ts'
import type { TableHandle } from '../function-api.ts'
import { Invocation, type InvocationScope, runInvocation } from '../invocation.ts'
import { makeTableHandle } from '../table-handle.ts'
import type { EachContext, EachHandler, OnceOptions } from './each-api.ts'
import { OnceHolder, type OnceKeys } from './once-keys.ts'
import { type OnceResult, putOnce, readOnce } from './once-results.ts'
import type { Task } from './task.ts'
import { type Decode, ValueRecord } from './value-record.ts'

/** What all calls of a stage share. */
export interface CallScope extends InvocationScope {
  readonly store: Store
  readonly handler: EachHandler
  readonly decode: Decode | undefined
  readonly onceKeys: OnceKeys
  readonly onceMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

const onceKeyBytesMax = 1_024
const onceResultLengthMax = 1024 * 1024
const keepMsMax = 366 * 86_400_000

/** Keys of `once` inside whose work the code runs. */
const insideWork = new AsyncLocalStorage<ReadonlySet<string>>()
const outside: ReadonlySet<string> = new Set()

export class EachCall implements EachContext {
  readonly stage: string
  readonly attempt: number
  readonly signal: AbortSignal
  readonly invocation: Invocation
  private readonly scope: CallScope
  private readonly record: ValueRecord
  private readonly holder = new OnceHolder()
  private results: OnceResult[] = []
  /** By key: the work that runs or has run in this call. */
  private readonly mine = new Map<string, Promise<unknown>>()
  private ended = false

  constructor(scope: CallScope, task: Task) {
    this.scope = scope
    this.stage = scope.stage
    this.attempt = task.attempts
    this.signal = scope.signal
    this.record = new ValueRecord(task.record, scope.decode)
    this.invocation = new Invocation(scope, [this.record])
  }

  /** Rejects with what the handler threw; nothing of the call is left then. */
  async run(): Promise<void> {
    const { invocation, scope } = this
    try {
      await runInvocation(invocation, () => scope.handler(this.record, this))
    } catch (error) {
      this.release()
      throw error
    } finally {
      this.ended = true
      invocation.end()
    }
  }

  apply(transaction: Transaction, originTime: number): void {
    this.invocation.apply(transaction, originTime)
    for (const result of this.results) putOnce(transaction, this.stage, result)
  }

  /** What it wrote is committed, or thrown away: others may ask for its keys. */
  release(): void {
    this.scope.onceKeys.releaseAll(this.holder)
  }

  readonly emit: EachContext['emit'] = (stream, value, options) => {
    const key = options?.partitionKey ?? this.record.partitionKey
    this.invocation.emit(typeof stream === 'string' ? stream : stream.name, value, key)
  }

  readonly table: EachContext['table'] = (table): TableHandle => {
    const name = typeof table === 'string' ? table : table.name
    const definition = this.scope.tables.get(name)
    if (definition !== undefined) return makeTableHandle(definition)
    throw new RuntimeError('TABLE_UNKNOWN', {
      place: `function "${this.stage}"`,
      what: `the app has no table ${shown(name)}`,
      allowed: [...this.scope.tables.keys()].join(', '),
      next: 'Declare it with app.table(...) of the same app',
    })
  }

  readonly once: EachContext['once'] = async <R>(
    key: string,
    work: () => R | Promise<R>,
    options: OnceOptions = {},
  ) => {
    const place = `function "${this.stage}", once(${shown(key)})`
    if (
      typeof key !== 'string' ||
      key === '' ||
      Buffer.byteLength(key) > onceKeyBytesMax ||
      /\p{Surrogate}/u.test(key)
    ) {
      const allowed = `a string of 1 to ${onceKeyBytesMax} bytes`
      throw new RuntimeError('ONCE_KEY', {
        place,
        what: 'the key cannot be used',
        value: shown(key),
        allowed,
      })
    }
    const keepMs = options.forSeconds === undefined ? this.scope.onceMs : options.forSeconds * 1000
    if (!(keepMs > 0 && keepMs <= keepMsMax)) {
      throw new RuntimeError('ONCE_KEY', {
        place,
        what: 'its result cannot be kept for this time',
        value: `forSeconds ${shown(options.forSeconds)}`,
        allowed: `a number above 0, up to ${keepMsMax / 1000}`,
      })
    }
    const within = insideWork.getStore() ?? outside
    if (within.has(key)) throw cycle(place, 'the work asks for its own key')
    if (this.ended) {
      throw new RuntimeError('INVOCATION_ENDED', {
        place,
        what: 'the function had ended before, so the result would not be part of its commit',
        next: 'Await all work before the function returns',
      })
    }
    const known = this.mine.get(key)
    // The first caller for the key named the type of its result.
    if (known !== undefined) return known as Promise<R>
    const found = this.find({ key, keepMs, place, within }, work)
    this.mine.set(key, found)
    // A work that failed may be asked for again.
    found.catch(() => this.mine.delete(key))
    // The work's result, or what JSON made of one before.
    return found as Promise<R>
  }

  private async find(asked: Asked, work: () => unknown): Promise<unknown> {
    const { scope, holder, stage } = this
    const { onceKeys, store, clock } = scope
    const { key, place } = asked
    for (;;) {
      const other = onceKeys.holder(key)
      if (other === undefined) {
        const stored = readOnce(store, stage, key, clock.now())
        return stored === undefined ? this.runWork(asked, work) : stored.result
      }
      if (onceKeys.closesCycle(key, holder))
        throw cycle(place, 'the call that runs this work waits for this one')
      holder.awaited.add(key)
      await other.letGo()
      holder.awaited.delete(key)
    }
  }

  private async runWork({ key, keepMs, place, within }: Asked, work: () => unknown): Promise<unknown> {
    const { onceKeys } = this.scope
    onceKeys.take(key, this.holder)
    try {
      const json = jsonOf(await insideWork.run(new Set([...within, key]), work), place)
      // A function that did not await it has ended without it.
      if (this.ended) onceKeys.release(key, this.holder)
      else this.results.push({ key, json, keepMs })
      return json === undefined ? undefined : JSON.parse(json)
    } catch (error) {
      onceKeys.release(key, this.holder)
      throw error
    }
  }
}

interface Asked {
  readonly key: string
  readonly keepMs: number
  readonly place: string
  /** Keys inside whose work it was asked. */
  readonly within: ReadonlySet<string>
}

function cycle(place: string, what: string): RuntimeError {
  return new RuntimeError('ONCE_CYCLE', {
    place,
    what,
    next: 'Ask for several keys in the same order everywhere, and for none inside its own work',
  })
}

function jsonOf(result: unknown, place: string): string | undefined {
  let json: string | undefined
  try {
    json = JSON.stringify(result)
  } catch (cause) {
    throw new RuntimeError('ONCE_RESULT', {
      place,
      what: `the result cannot be written as JSON: ${messageOf(cause)}`,
      next: 'Return what JSON can hold',
      cause,
    })
  }
  if (json === undefined && result !== undefined) {
    throw new RuntimeError('ONCE_RESULT', {
      place,
      what: 'the result has no JSON form',
      value: shown(result),
      next: 'Return what JSON can hold, or nothing',
    })
  }
  if (json === undefined || json.length <= onceResultLengthMax) return json
  throw new RuntimeError('ONCE_RESULT', {
    place,
    what: 'the result is too large',
    value: `${json.length} characters`,
    allowed: `up to ${onceResultLengthMax} characters of JSON`,
    next: 'Return a reference to it',
  })
}
