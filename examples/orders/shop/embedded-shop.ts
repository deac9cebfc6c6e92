/**
 * A source that brings its database along: starts a Postgres in a folder of the data directory, opens a shop in it, and follows its
 * orders by change data capture. Where no Postgres can be started, the generator takes its place and the run says so.
 *
 * A data directory stays with what it began with, since a position in the one means nothing in the other: with the database (its
 * position is kept as { database: ... }), or with the generator.
 */
import { join } from 'node:path'
import {
  embeddedPostgres,
  ordersGenerator,
  type PrivateServer,
  postgres,
  type Source,
  type SourceContext,
  type SourceFactory,
} from 'millrace'
import type { Shop, ShopOptions } from './shop.ts'

export type EmbeddedShopOptions = Omit<ShopOptions, 'url'>

export const followedTables = ['orders.order', 'orders.order_item'] as const

export function embeddedShop(options: EmbeddedShopOptions): SourceFactory {
  return async (context) => {
    const { position, warn } = context
    const followed = databasePosition(position)
    if (position !== undefined && followed === undefined) {
      warn('ORDERS_GENERATED', 'the orders go on from the generator, with which this data directory began.')
      return ordersGenerator(options)(context)
    }
    let premises: Premises
    try {
      premises = await openPremises(context.directory, options)
    } catch (cause) {
      const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]
      if (followed === undefined) {
        warn(
          'ORDERS_GENERATED',
          `no Postgres can be started here, so a generator makes the orders. (${reason})`,
        )
        return ordersGenerator(options)(context)
      }
      throw new Error(`the database of this data directory cannot be started: ${reason}`, { cause })
    }
    try {
      return await follow(premises, { ...context, position: followed?.database ?? undefined })
    } catch (error) {
      await close(premises)
      throw error
    }
  }
}

const settings = {
  // While nobody reads, the log may grow so far and no further.
  max_slot_wal_keep_size: '1GB',
  // The shop waits for no disk (see there); its orders are on disk, and so in the log, this much later.
  wal_writer_delay: '10ms',
}

interface Premises {
  readonly server: PrivateServer
  readonly shop: Shop
}

async function openPremises(directory: string, options: EmbeddedShopOptions): Promise<Premises> {
  const server = await embeddedPostgres({ directory: join(directory, 'postgres'), settings })
  try {
    // The driver comes with it: where the one is not installed, the other is not either.
    const { Shop } = await import('./shop.ts')
    return { server, shop: await Shop.open({ ...options, url: server.url }) }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function follow(premises: Premises, context: SourceContext): Promise<Source> {
  const { server, shop } = premises
  const source = await postgres({ url: server.url, tables: followedTables })({
    ...context,
    report: (status) =>
      context.report({
        ...status,
        // Asked when it is shown, since the shop has sold more by then.
        get line() {
          const trade =
            shop.problem === undefined ? `${shop.orders} orders` : `the shop waits: ${shop.problem}`
          return `Postgres ${server.version}, ${trade}; ${status.line}`
        },
      }),
  })
  const request = source.request?.bind(source)
  return {
    read: async (builders, maxBytes) => {
      const read = await source.read(builders, maxBytes)
      return { ...read, position: { database: read.position ?? null } }
    },
    flushed: (position) => source.flushed?.(databasePosition(position)?.database),
    ...(request === undefined ? {} : { request }),
    close: async () => {
      await source.close()
      await close(premises)
    },
  }
}

/** Whoever sells stops first, so that the database ends with nobody in it. */
async function close({ server, shop }: Premises): Promise<void> {
  await shop.close()
  await server.stop()
}

function databasePosition(position: unknown): { readonly database: unknown } | undefined {
  if (typeof position !== 'object' || position === null || !('database' in position)) return undefined
  return { database: position.database }
}
