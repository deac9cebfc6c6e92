/** A slot of a real Postgres that is given up while the source runs: a load on request makes it anew, and the log goes on. */
import type { SourceContext } from '@millrace/runtime'
import type { RecordBatchBuilder } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isPostgresInstalled, PostgresFixture } from '../postgres/testing/postgres-fixture.ts'
import { postgres } from './postgres-source.ts'

describe.skipIf(!isPostgresInstalled)('a source of Postgres', () => {
  let fixture: PostgresFixture
  beforeAll(async () => {
    fixture = await PostgresFixture.start()
  }, 60_000)
  afterAll(() => fixture[Symbol.asyncDispose]())

  test('whose slot is gone follows on after a load, without a restart', async () => {
    await fixture.sql.query('CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (1)')
    const control = new AbortController()
    const warnings: string[] = []
    const records: string[] = []
    const add: RecordBatchBuilder['add'] = (_key, _keyStart, _keyEnd, data, start, end) =>
      records.push(Buffer.from(data.subarray(start, end)).toString())
    const builders = [{ count: 0, byteLength: 0, add, reset: () => {} }] as unknown as RecordBatchBuilder[]
    const context: SourceContext = {
      name: 'shop',
      position: undefined,
      clock: systemClock,
      signal: control.signal,
      route: () => 0,
      warn: (code) => warnings.push(code),
      kept: new Map(),
      report: () => {},
      directory: '/nowhere',
    }
    const open = postgres({
      url: fixture.server.url,
      tables: ['public.item'],
      envelope: 'flat',
      slot: 'given_up',
    })
    const source = await open(context)
    const reading = (async () => {
      while (!control.signal.aborted) source.flushed?.((await source.read(builders, 1 << 20)).position)
    })()
    const until = async (isThere: () => boolean) => {
      // A condition of the source, which reads beside it.
      for (let i = 0; !isThere(); i++) {
        if (i > 600) throw new Error(`in vain; ${warnings.join()}; ${records.join()}`)
        await systemClock.sleep(50)
      }
    }
    await until(() => records.length >= 1)
    // As after max_slot_wal_keep_size: nobody reads it, and it is gone.
    for (let isGone = false; !isGone; ) {
      await fixture.sql.query(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'given_up' AND active_pid IS NOT NULL",
      )
      isGone = await fixture.sql.query("SELECT pg_drop_replication_slot('given_up')").then(
        () => true,
        () => false,
      )
    }
    await until(() => warnings.includes('CDC_POSITION_LOST'))
    await fixture.sql.query('INSERT INTO item VALUES (2)')
    const before = records.length
    await source.request?.({ request: 'load', tables: [{ schema: 'public', table: 'item' }] })
    await until(() => records.slice(before).filter((record) => record.includes('"r"')).length >= 2)
    await fixture.sql.query('INSERT INTO item VALUES (3)')
    await until(() => records.some((record) => record.includes('"id":3')))
    control.abort()
    await source.close()
    await reading
    expect(warnings.filter((code) => code === 'CDC_POSITION_LOST')).toHaveLength(1)
  }, 60_000)
})
