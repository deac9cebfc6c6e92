/** A scalar function of the host as one of the function table, for programs of the KDA dialect. */
import { fromHost, HostFunctionError, toHost } from '../changelog/expression/host-border.ts'
import { narrow, widen } from '../changelog/row.ts'
import { type ScalarFunction, SqlRuntimeError } from '../functions/index.ts'
import type { HostScalar } from '../host-function.ts'

const made = new WeakMap<HostScalar, ScalarFunction>()

export function hostScalar(host: HostScalar): ScalarFunction {
  const known = made.get(host)
  if (known !== undefined) return known
  const outward = fromHost(host.returns)
  const fn: ScalarFunction = {
    name: host.name,
    forms: [`${host.name}(...)`],
    nullIn: host.nullIn,
    infer: () => ({ type: host.returns, nullable: true }),
    evaluate(args, { argTypes }) {
      try {
        const values = args.map((arg, i) => toHost(argTypes[i]!)(narrow(arg)))
        return widen(outward(host.call(...values), host.name), host.returns)
      } catch (error) {
        if (error instanceof SqlRuntimeError) throw error
        const failure = error instanceof HostFunctionError ? error : new HostFunctionError(host.name, error)
        throw new SqlRuntimeError('HostFunctionError', failure.message)
      }
    },
  }
  made.set(host, fn)
  return fn
}
