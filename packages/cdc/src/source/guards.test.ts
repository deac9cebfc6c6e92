/** Alarms of a log that may be lost, and heartbeats, under virtual time. */
import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import type { Database, LogHealth } from '../database/database.ts'
import type { CdcSettings } from './cdc-settings.ts'
import { Guards } from './guards.ts'

const calm: LogHealth = {
  behindBytes: 0,
  keptBytesMax: undefined,
  expiresInMs: undefined,
  slotStatus: undefined,
}
const mebibyte = 2 ** 20
const hourMs = 3_600_000

/** Guards over a database that only answers for its health. */
function guarded(settings: { heartbeatMs?: number; position?: { lsn: string } | undefined } = {}) {
  const clock = new VirtualClock(0)
  const seen = { health: calm, isAway: false, heartbeats: 0, warnings: [] as string[], reports: 0 }
  const answer = async <T>(value: () => T): Promise<T> => {
    if (seen.isAway) throw new Error('away')
    return value()
  }
  const guards = new Guards({
    clock,
    signal: new AbortController().signal,
    // What guards read of them.
    settings: {
      heartbeatMs: settings.heartbeatMs ?? 0,
      alarmBehindBytes: 1024 * mebibyte,
      alarmExpiresInMs: 6 * hourMs,
    } as CdcSettings,
    // What guards ask of it.
    database: {
      name: 'postgres://db:5432/shop',
      health: () => answer(() => seen.health),
      heartbeat: () => answer(() => void seen.heartbeats++),
    } as unknown as Database,
    position: 'position' in settings ? settings.position : { lsn: '0/16B3748' },
    warn: (code, message) => seen.warnings.push(`${code} ${message}`),
    healthCame: () => seen.reports++,
  })
  guards.start()
  return { clock, seen, guards }
}

test('a log that grows is told once, with its size and bound, and again after it was small', async () => {
  const { clock, seen, guards } = guarded()
  await clock.advance(30_000)
  expect(seen).toMatchObject({ reports: 3, warnings: [] })
  seen.health = { ...calm, behindBytes: 1024 * mebibyte + 1 }
  await clock.advance(60_000)
  expect(seen.warnings).toHaveLength(1)
  expect(seen.warnings[0]).toMatch(
    /^CDC_LOG_BEHIND postgres:\/\/db:5432\/shop keeps 1,024 MiB .*its disk fills up/,
  )
  seen.health = calm
  await clock.advance(10_000)
  seen.health = { ...calm, behindBytes: 3000 * mebibyte }
  await clock.advance(60_000)
  expect(seen.warnings).toHaveLength(2)
  await guards.close()
})

test('half of what a server keeps is an alarm, and so is a slot that it may give up', async () => {
  const { clock, seen, guards } = guarded()
  seen.health = { ...calm, behindBytes: 60 * mebibyte, keptBytesMax: 100 * mebibyte }
  await clock.advance(10_000)
  expect(seen.warnings).toHaveLength(1)
  expect(seen.warnings[0]).toContain('gives up on it at 100 MiB')
  seen.health = { ...calm, behindBytes: 40 * mebibyte, keptBytesMax: 100 * mebibyte }
  await clock.advance(10_000)
  seen.health = { ...seen.health, slotStatus: 'unreserved' }
  await clock.advance(10_000)
  expect(seen.warnings).toHaveLength(2)
  expect(seen.warnings[1]).toContain('(slot: unreserved)')
  await guards.close()
})

test('a log that is dropped by age is told while there is time', async () => {
  const { clock, seen, guards } = guarded()
  seen.health = { ...calm, expiresInMs: 6 * hourMs }
  await clock.advance(10_000)
  expect(seen.warnings).toEqual([])
  seen.health = { ...calm, expiresInMs: 5.5 * hourMs }
  await clock.advance(60_000)
  expect(seen.warnings).toHaveLength(1)
  expect(seen.warnings[0]).toMatch(/^CDC_LOG_EXPIRES .* in 5\.5 hours: .*binlog_expire_logs_seconds/)
  await guards.close()
})

test('heartbeats come in their rhythm; a database that is away changes nothing, and is asked again', async () => {
  const { clock, seen, guards } = guarded({ heartbeatMs: 1000 })
  await clock.advance(5_000)
  expect(seen.heartbeats).toBe(5)
  seen.isAway = true
  await clock.advance(20_000)
  expect(seen).toMatchObject({ heartbeats: 5, reports: 0, warnings: [] })
  seen.isAway = false
  await clock.advance(10_000)
  expect(seen).toMatchObject({ heartbeats: 15, reports: 1 })
  await guards.close()
  await clock.advance(60_000)
  expect(seen.heartbeats).toBe(15)
})

test('without a position on disk there is nothing to be asked', async () => {
  const { clock, seen, guards } = guarded({ position: undefined })
  seen.health = { ...calm, behindBytes: 5000 * mebibyte }
  await clock.advance(60_000)
  expect(seen).toMatchObject({ reports: 0, warnings: [] })
  await guards.close()
})
