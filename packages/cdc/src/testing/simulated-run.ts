/** A source over a simulated database with a workload, killed now and then, until the stream tells of everything. */
import { seededRandom, VirtualClock } from '@millrace/values'
import type { Envelope } from '../envelope/envelope.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { TableRules, TableTransform } from '../rules/table-rules.ts'
import type { SchemaPolicyRule } from '../source/cdc-options.ts'
import type { StartSetting } from '../source/cdc-settings.ts'
import { cdcSource } from '../source/cdc-source.ts'
import type { CdcStatus } from '../source/cdc-status.ts'
import { HeldBytes } from '../source/table-load.ts'
import { eventEnvelope, ReplayedTables } from './replayed-tables.ts'
import { ShopWorkload, type WorkOptions } from './shop-workload.ts'
import { SimulatedConnection } from './simulated-connection.ts'
import { SimulatedDatabase, type Temperament } from './simulated-database.ts'
import { SimulatedRuntime } from './simulated-runtime.ts'

export interface RunOptions extends WorkOptions {
  readonly seed: number
  readonly temperament: Temperament
  readonly rows: number
  readonly chunkRows: number
  readonly parallel: number
  /** How often a commit is followed by a kill, and how often it is lost with it. */
  readonly kills: number
  readonly losses: number
  readonly failures?: number
  readonly lagMs?: number
  readonly heldBytes?: number
  readonly maxBytes?: number
  readonly start?: StartSetting
  readonly policies?: readonly SchemaPolicyRule[]
  readonly envelope?: Envelope
  readonly onRead?: (run: SimulatedRun) => void
}

const killsMax = 60

/** All tables of one schema. */
export function shopRules(): TableRules {
  const transforms = new WeakMap<TableSchema, TableTransform>()
  return {
    isSelected: ({ schema }) => schema === 'shop',
    loadOrder: ({ table }) => (table === 'names' ? 1 : 0),
    describe: () => 'shop.%',
    forTable: (schema) => {
      let transform = transforms.get(schema)
      if (transform === undefined) {
        transform = { schema, apply: (event) => event, mapping: undefined }
        transforms.set(schema, transform)
      }
      return transform
    },
    mappingOf: () => undefined,
  }
}

export class SimulatedRun {
  readonly options: RunOptions
  readonly clock = new VirtualClock(Date.UTC(2026, 5, 1))
  readonly database: SimulatedDatabase
  readonly work: ShopWorkload
  readonly runtime: SimulatedRuntime
  readonly held: HeldBytes
  heldMost = 0
  reads = 0
  kills = 0
  /** Connections. */
  opened = 0
  readonly #random

  constructor(options: RunOptions) {
    this.options = options
    const { seed, temperament, failures, lagMs } = options
    this.#random = seededRandom(seed)
    this.database = new SimulatedDatabase({
      temperament,
      clock: this.clock,
      random: seededRandom(seed + 1),
      ...(failures === undefined ? {} : { failures }),
      ...(lagMs === undefined ? {} : { lagMs }),
    })
    this.work = new ShopWorkload(this.database, seededRandom(seed + 2), { ...options })
    this.work.fill(options.rows)
    this.held = new HeldBytes(options.heldBytes ?? 1 << 20)
    this.runtime = new SimulatedRuntime(
      cdcSource({
        label: 'simulated',
        settings: {
          start: options.start ?? { mode: 'load' },
          chunkRows: options.chunkRows,
          parallel: options.parallel,
          schemaPolicies: options.policies ?? [{ policy: 'follow' }],
          heartbeatMs: 0,
          alarmBehindBytes: 1 << 30,
          alarmExpiresInMs: 1000,
        },
        open: async () => {
          this.opened++
          await this.database.step(5)
          return new SimulatedConnection(this.database)
        },
        rules: shopRules,
        envelope: () => options.envelope ?? eventEnvelope(),
        pattern: (text) => (table) => text === `${table.schema}.${table.table}`,
        limits: { logBytes: 1 << 20, chunkBytes: 1 << 20, held: this.held },
      }),
      this.clock,
    )
    this.database.onStep = () => this.work.step()
  }

  get status(): CdcStatus {
    // What `sourceStatusOf` put there.
    return this.runtime.status?.details as CdcStatus
  }

  /** Until everything is told. */
  async finish(): Promise<this> {
    const { runtime, work, options } = this
    await runtime.start()
    let isTouched = false
    for (;;) {
      await this.readOnce()
      options.onRead?.(this)
      if (!work.isDone) continue
      if (!isTouched) {
        work.touch()
        isTouched = true
      }
      if (await this.isCaughtUp()) break
    }
    await runtime.kill()
    return this
  }

  async readOnce(): Promise<void> {
    const { runtime, options } = this
    this.reads++
    if (this.reads > 200_000) throw new Error(`no end in sight: ${JSON.stringify(this.status)}`)
    const dice = this.#random.next()
    const maxBytes = options.maxBytes ?? 1 + this.#random.below(4000)
    const isLost = dice < options.losses && this.kills < killsMax
    await runtime.read(maxBytes, isLost ? 'lost' : 'kept')
    this.heldMost = Math.max(this.heldMost, this.held.bytes)
    // A load that cannot be resumed needs some peace in the end.
    if ((!isLost && dice >= options.losses + options.kills) || this.kills >= killsMax) return
    this.kills++
    await runtime.kill()
    this.held.bytes = 0
    await runtime.start()
  }

  /** The source's own word for it: the position, and no table that is still to load. */
  async isCaughtUp(): Promise<boolean> {
    const { position } = this.runtime
    const status = (await this.runtime.source.request?.({ request: 'status' })) as CdcStatus
    if (status.phase === 'connecting') return false
    if (!status.tables.every(({ phase }) => phase !== 'waiting' && phase !== 'loading')) return false
    const saved = position as { log: { index: number } } | undefined
    return (saved?.log.index ?? 0) >= this.database.logLength
  }

  replay(replayed = new ReplayedTables()): ReplayedTables {
    for (const { data } of this.runtime.records) replayed.apply(data)
    return replayed
  }

  /** What a replay must give. */
  tables(): { readonly name: TableName; readonly rows: readonly string[] }[] {
    return this.database
      .names()
      .filter(({ schema }) => schema === 'shop')
      .map((name) => ({ name, rows: sorted(this.database.rows(name)) }))
  }
}

export function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}
