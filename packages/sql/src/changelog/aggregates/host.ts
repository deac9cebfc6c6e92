/**
 * Aggregates of the host. The function sees every row of its scope, NULLs too. Its accumulator lies in one slot; values cross
 * the border as host-border.ts says. What it throws is a HostFunctionError of the row.
 */
import type { SqlType } from '@millrace/values'
import type { HostAggregate } from '../../host-function.ts'
import type { SqlValue } from '../../plan.ts'
import { fromHost, HostFunctionError, toHost } from '../expression/host-border.ts'
import type { AggregateCode, AggregateScope } from './aggregate-code.ts'
import type { Accumulator } from './aggregate-program.ts'

export function writeHost(
  code: AggregateCode,
  scope: AggregateScope,
  fn: HostAggregate,
  types: { readonly args: readonly SqlType[]; readonly result: SqlType },
): string {
  if (code.retracts && fn.retract === undefined) {
    throw new Error(`${fn.name} has no retract, but its input takes rows back`)
  }
  const slot = scope.shared(`host ${fn.name}`, () => {
    const first = code.slot('undefined')
    const args = [`a`, String(first), `[${scope.values.join(', ')}]`].join(', ')
    scope.step(
      `${code.constant(caller(fn, 'add', types.args))}(${args})`,
      fn.retract === undefined ? '' : `${code.constant(caller(fn, 'retract', types.args))}(${args})`,
    )
    const merge = (accumulator: Accumulator, other: Accumulator) => {
      if (other[first] === undefined) return
      if (fn.merge === undefined) {
        throw new HostFunctionError(
          fn.name,
          new Error('it has no merge, which windows that share or join their rows need'),
        )
      }
      // `merge` may keep parts of what it is given, and the other accumulator goes on living.
      const copy = structuredClone(other[first])
      accumulator[first] = guarded(fn, () => fn.merge?.(accumulator[first] ?? fn.create(), copy))
    }
    scope.merge(`${code.constant(merge)}(a, b)`)
    return first
  })
  const convert = fromHost(types.result)
  const result = (accumulator: Accumulator): SqlValue =>
    convert(
      guarded(fn, () => fn.result(accumulator[slot] ?? fn.create())),
      fn.name,
    )
  return `${code.constant(result)}(a)`
}

function caller(fn: HostAggregate, does: 'add' | 'retract', types: readonly SqlType[]) {
  const converters = types.map(toHost)
  return (accumulator: Accumulator, slot: number, values: readonly SqlValue[]): void => {
    const args = values.map((value, i) => converters[i]!(value))
    const current = accumulator[slot] ?? guarded(fn, () => fn.create())
    accumulator[slot] = guarded(fn, () => fn[does]?.(current, ...args))
  }
}

function guarded<T>(fn: HostAggregate, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw error instanceof HostFunctionError ? error : new HostFunctionError(fn.name, error)
  }
}
