/**
 * What the policy of an access key lets its owner read of the lake: the action `lake:Read` on names like `lake/orders/*`. A key without
 * limits reads everything.
 */
import type { LakeAccess } from '@millrace/lake'
import { type Policy, policyAllows } from './policy.ts'

export function lakeAccess(policy: Policy): LakeAccess {
  return {
    mayRead: (bucket, prefix) => policyAllows(policy, 'lake:Read', `arn:aws:s3:::${bucket}/${prefix}*`),
  }
}
