/** Values of requests, checked: what is wrong is said with its name and what is allowed. Errors: AdminProblem. */
import { AdminProblem, type AdminRequest, callerLakeAccess } from '@millrace/gateway'
import { fullAccess, type LakeAccess } from '@millrace/lake'
import { tellCaller } from '../tell-caller.ts'

export function needed(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new AdminProblem('VALUE_MISSING', `"${name}" is needed, as a text.`)
}

export function milliseconds(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new AdminProblem('VALUE_INVALID', `"${name}" has to be a number of milliseconds.`)
}

export interface LimitRange {
  readonly unless: number
  readonly max: number
}

/** Of a body or a query's text; null and undefined are `unless`. */
export function limitOf(value: unknown, { unless, max }: LimitRange): number {
  const limit = value === undefined || value === null ? unless : Number(value)
  if (Number.isInteger(limit) && limit >= 1 && limit <= max) return limit
  throw new AdminProblem('VALUE_INVALID', `"limit" has to be 1 to ${max}.`)
}

/** What the caller may read of buckets: everything where no signatures are asked for. */
export function accessOf({ caller }: Pick<AdminRequest, 'caller'>): LakeAccess {
  return caller === undefined ? fullAccess : callerLakeAccess(caller)
}

/** Error: AdminProblem LAKE_REFUSED. */
export function assertMayRead(request: Pick<AdminRequest, 'caller'>, bucket: string, prefix: string): void {
  if (accessOf(request).mayRead(bucket, prefix)) return
  throw new AdminProblem(
    'LAKE_REFUSED',
    `The key may not read ${bucket}/${prefix}. Its policy needs lake:Read on it.`,
    403,
  )
}

/** Faults that the lake finds in what a caller asks. */
export const told = tellCaller((code) => {
  if (!/^(LAKE_QUERY|CATALOG|OBJECT|BUCKET|ICEBERG)_/.test(code)) return undefined
  return code.endsWith('_REFUSED') ? 403 : 400
})
