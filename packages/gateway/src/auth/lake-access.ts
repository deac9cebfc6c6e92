/**
 * What a caller may read of the lake: the action `lake:Read` on names like `lake/orders/*`. Who may read every bucket, and scan every
 * keyed table, reads everything.
 */
import { fullAccess, type LakeAccess } from '@millrace/lake'
import type { Caller } from '../wire/wire-service.ts'
import { type Policy, policyAllows } from './policy.ts'

/** Of the policy of an access key. */
export function lakeAccess(policy: Policy): LakeAccess {
  return accessBy((action, resource) => policyAllows(policy, action, resource))
}

/** Of somebody whose signature was checked. */
export function callerLakeAccess(caller: Pick<Caller, 'authorize'>): LakeAccess {
  return accessBy((action, resource) => {
    try {
      caller.authorize(action, resource)
      return true
    } catch {
      return false
    }
  })
}

function accessBy(allows: (action: string, resource: string) => boolean): LakeAccess {
  if (allows('lake:Read', 'arn:aws:s3:::*') && allows('dynamodb:Scan', '*')) return fullAccess
  return { mayRead: (bucket, prefix) => allows('lake:Read', `arn:aws:s3:::${bucket}/${prefix}*`) }
}
