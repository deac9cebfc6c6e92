/** DynamoDB services over a real store in a directory of its own, called as the listener calls them, under virtual time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { openTables, type Tables } from '@millrace/tables'
import { VirtualClock } from '@millrace/values'
import { afterEach } from 'vitest'
import { localLimits } from '../../kinesis/kinesis-limits.ts'
import { MetricRegistry } from '../../metrics/metric-registry.ts'
import { encodeJson } from '../../wire/json-codec.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { Caller } from '../../wire/wire-service.ts'
import { type DynamoServices, openDynamoServices } from '../dynamodb-service.ts'
import type { TableGuard } from '../tables/table-directory.ts'

export const account = '123456789012'
export const region = 'eu-central-1'
export const startTime = Date.UTC(2026, 0, 1)

export const anyone: Caller = { keyId: 'test', account, authorize: () => {} }

const open = new Set<DynamoKit>()
const directories: string[] = []

afterEach(async () => {
  for (const kit of [...open]) await kit.close()
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true })
})

export interface KitOptions {
  readonly dir?: string
  readonly clock?: VirtualClock
  readonly statusMs?: number
  readonly tableCapacity?: boolean
  readonly guard?: TableGuard
}

/** Replies are looked at by tests alone, which know what they asked for: what a client's parser gives. */
export type Reply = ReturnType<typeof JSON.parse>

export interface DynamoKit {
  readonly dir: string
  readonly clock: VirtualClock
  readonly store: Store
  readonly tables: Tables
  readonly services: DynamoServices
  readonly registry: MetricRegistry
  /** Rejects with the WireError. An operation of the Streams API where there is one of this name. */
  call(operation: string, input: object, caller?: Caller): Promise<Reply>
  /** Type and text of the error that a call ends with. */
  fault(operation: string, input: object, caller?: Caller): Promise<string>
  close(): Promise<void>
}

const streamOperations = new Set(['ListStreams', 'DescribeStream', 'GetShardIterator', 'GetRecords'])

export async function dynamoKit(options: KitOptions = {}): Promise<DynamoKit> {
  const { clock = new VirtualClock(startTime), statusMs = 0, tableCapacity = false, guard } = options
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'millrace-dynamodb-'))
  if (options.dir === undefined) directories.push(dir)
  const store = await openStore({ dir, clock })
  const tables = openTables({ store, region })
  const registry = new MetricRegistry({ clock })
  const services = openDynamoServices({
    store,
    tables,
    clock,
    meter: registry,
    region,
    limits: { ...localLimits, statusMs, tableCapacity },
    address: () => 'localhost:4567',
    ...(guard === undefined ? {} : { guard }),
  })
  const call: DynamoKit['call'] = async (operation, input, caller = anyone) => {
    const service = streamOperations.has(operation) ? services.streams : services.tables
    const reply = await service.handle({
      operation,
      encoding: 'json',
      body: encodeJson(input),
      requestId: 'request',
      signal: new AbortController().signal,
      authenticate: () => caller,
    })
    if (reply.kind === 'events') throw new Error('an event stream')
    if (reply.kind === 'value' && reply.value === undefined) return undefined
    const bytes = reply.kind === 'bytes' ? reply.bytes : encodeJson(reply.value ?? {})
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  }
  const kit: DynamoKit = {
    dir,
    clock,
    store,
    tables,
    services,
    registry,
    call,
    async fault(operation, input, caller) {
      try {
        await call(operation, input, caller)
      } catch (error) {
        if (error instanceof WireError) return `${error.type}: ${error.message}`
        throw error
      }
      return 'no error'
    },
    async close() {
      if (!open.delete(kit)) return
      await services.close()
      await store.close()
    },
  }
  open.add(kit)
  return kit
}

/** A table with keys like `pk:S` and `pk:S sk:N`, billed by request unless `more` says otherwise. */
export async function makeTable(
  kit: DynamoKit,
  TableName: string,
  keys = 'pk:S',
  more: object = {},
): Promise<void> {
  const parts = keys.split(' ').map((key) => key.split(':'))
  await kit.call('CreateTable', {
    TableName,
    AttributeDefinitions: parts.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: parts.map(([AttributeName], i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
    ...('ProvisionedThroughput' in more ? {} : { BillingMode: 'PAY_PER_REQUEST' }),
    ...more,
  })
}
