/**
 * Describe- and UpdateAccountSettings: the commitment to a minimum throughput (On-demand Advantage). It costs nothing
 * here; it opens what the service opens with it: warm throughput and more consumers.
 */

import { DAY_MS } from '../streams/kinesis-streams.ts'
import { ACCOUNT_ID, putStored, type StoredAccount } from '../streams/stored-settings.ts'
import type { ControlOperation, ControlPlane } from './control-plane.ts'

const COMMITMENT_MIN_MS = DAY_MS

export const describeAccountSettings: ControlOperation<'DescribeAccountSettings'> = (
  _input,
  { caller },
  plane,
) => {
  caller.authorize('kinesis:DescribeAccountSettings', '*')
  return reply(plane.streams.stored.account(), plane.clock.now())
}

export const updateAccountSettings: ControlOperation<'UpdateAccountSettings'> = (
  input,
  { caller },
  { store, streams, clock },
) => {
  caller.authorize('kinesis:UpdateAccountSettings', '*')
  const now = Math.floor(clock.now())
  const account = streams.stored.account()
  const next = changed(account, input.MinimumThroughputBillingCommitment.Status, now)
  if (next !== account) store.commit((transaction) => putStored(transaction, 'account', ACCOUNT_ID, next))
  return reply(next, now)
}

/** Whether the account has what comes with the commitment. */
export function isCommitted({ streams, clock }: ControlPlane): boolean {
  return isRunning(streams.stored.account(), clock.now())
}

function isRunning({ startedAt, endsAt }: StoredAccount, now: number): boolean {
  return startedAt !== undefined && (endsAt === undefined || now < endsAt)
}

function changed(account: StoredAccount, status: 'ENABLED' | 'DISABLED', now: number): StoredAccount {
  const { startedAt, endsAt } = account
  if (!isRunning(account, now) || startedAt === undefined) {
    return status === 'ENABLED' ? { startedAt: now } : account
  }
  if (status === 'ENABLED') return endsAt === undefined ? account : { startedAt }
  return endsAt === undefined ? { startedAt, endsAt: Math.max(now, startedAt + COMMITMENT_MIN_MS) } : account
}

function reply(account: StoredAccount, now: number): object {
  const { startedAt, endsAt } = account
  const running = isRunning(account, now)
  const time = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms))
  return {
    MinimumThroughputBillingCommitment: {
      Status: !running ? 'DISABLED' : endsAt === undefined ? 'ENABLED' : 'ENABLED_UNTIL_EARLIEST_ALLOWED_END',
      StartedAt: time(startedAt),
      EndedAt: running ? undefined : time(endsAt),
      EarliestAllowedEndAt:
        running && startedAt !== undefined ? time(startedAt + COMMITMENT_MIN_MS) : undefined,
    },
  }
}
