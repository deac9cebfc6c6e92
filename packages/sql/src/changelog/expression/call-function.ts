/**
 * Calls of the function table and of scalar functions of the host out of generated code. Arguments come in narrow form;
 * BIGINT and DECIMAL are widened before the call of a table's function, results are narrowed.
 */
import { lookupScalar, SqlRuntimeError } from '../../functions/index.ts'
import type { HostScalar } from '../../host-function.ts'
import type { CallExpr, SqlValue } from '../../plan.ts'
import { narrow } from '../row.ts'
import type { ExpressionContext } from './expression-context.ts'
import { fromHost, HostFunctionError, toHost } from './host-border.ts'

export interface Caller {
  readonly call: (...args: SqlValue[]) => SqlValue
  readonly nullIn: 'null' | 'called'
}

export function makeCaller(call: CallExpr, context: ExpressionContext): Caller {
  const fn = lookupScalar(call.fn, 'flink')
  if (fn === undefined) {
    const host = context.functions.get(call.fn)
    if (host?.kind !== 'scalar') throw new Error(`plan: no function ${call.fn} in the flink dialect`)
    return { call: hostCaller(host, call, context), nullIn: host.nullIn }
  }
  const { zone, now } = context
  const argTypes = call.args.map((arg) => arg.type)
  // Made once; only the time changes from call to call.
  const evaluation = {
    type: call.type,
    argTypes,
    rowtime: 0,
    zone,
    watermark: () => context.watermark(),
    ...(context.random === undefined ? {} : { random: context.random }),
  }
  const wide = argTypes.map(({ kind }) => kind === 'BIGINT' || kind === 'DECIMAL')
  const nullIn = fn.nullIn
  if (wide.length === 1) {
    const [w] = wide
    return {
      nullIn,
      call: (a) => {
        evaluation.rowtime = now()
        return narrow(fn.evaluate([w && typeof a === 'number' ? BigInt(a) : a!], evaluation))
      },
    }
  }
  if (wide.length === 2) {
    const [v, w] = wide
    return {
      nullIn,
      call: (a, b) => {
        evaluation.rowtime = now()
        return narrow(
          fn.evaluate(
            [v && typeof a === 'number' ? BigInt(a) : a!, w && typeof b === 'number' ? BigInt(b) : b!],
            evaluation,
          ),
        )
      },
    }
  }
  const anyWide = wide.includes(true)
  return {
    nullIn,
    call: (...args) => {
      if (anyWide) {
        for (let i = 0; i < args.length; i++) {
          const value = args[i]!
          if (wide[i] && typeof value === 'number') args[i] = BigInt(value)
        }
      }
      evaluation.rowtime = now()
      return narrow(fn.evaluate(args, evaluation))
    },
  }
}

function hostCaller(host: HostScalar, call: CallExpr, _: ExpressionContext): Caller['call'] {
  const inward = call.args.map((arg) => toHost(arg.type))
  const outward = fromHost(host.returns)
  return (...args) => {
    const values = args.map((value, i) => inward[i]!(value))
    let result: unknown
    try {
      result = host.call(...values)
    } catch (error) {
      if (error instanceof SqlRuntimeError) throw error
      throw new HostFunctionError(host.name, error)
    }
    return outward(result, host.name)
  }
}
