import { expect, test } from 'vitest'
import type { Transaction } from '../../model/log-event.ts'
import { snapshotView } from './snapshot-view.ts'

const transaction = (xid: bigint): Transaction => ({
  id: String(xid),
  // As the log has it.
  number: Number(BigInt.asUintN(32, xid)),
  commitTimeUs: 0,
  place: '0/1',
})

test.each([0n, 7n, 2n ** 31n, 2n ** 32n - 2n, 2n ** 32n, 2n ** 33n + 2n ** 31n])(
  'transactions are told apart by ids of which the log has the lower half, near %i',
  (epoch) => {
    const base = epoch + 1000n
    const view = snapshotView(`${base}:${base + 10n}:${base},${base + 3n}`, { end: 500n, isStandby: false })
    const contained = [-900n, -1n, 1n, 2n, 4n, 9n]
    const open = [0n, 3n, 10n, 11n, 2n ** 31n - 20n]
    for (const each of contained)
      expect(view.contains(transaction(base + each), {}), String(each)).toBe('yes')
    for (const each of open) expect(view.contains(transaction(base + each), {}), String(each)).toBe('no')
  },
)

test('a standby does not know the open transactions of the primary', () => {
  const view = snapshotView('10:20:', { end: 5n, isStandby: true })
  expect([9n, 10n, 19n, 20n].map((xid) => view.contains(transaction(xid), {}))).toEqual([
    'yes',
    'maybe',
    'maybe',
    'no',
  ])
})

test('a view is passed at the end of the log that it was taken at, by the commit of an open transaction too', () => {
  const view = snapshotView('10:20:', { end: 0x500n, isStandby: false })
  expect(view.isPassedBy({ lsn: '0/4FF' })).toBe(false)
  expect(view.isPassedBy({ lsn: '0/500' })).toBe(true)
  expect(view.isPassedBy({ lsn: '0/400', commit: '0/600', taken: 3 })).toBe(true)
  expect(view.isPassedBy({ lsn: '0/400', commit: '0/4FF', taken: 3 })).toBe(false)
})
