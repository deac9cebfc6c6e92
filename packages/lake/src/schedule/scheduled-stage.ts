/** From the views and crawlers that an app declares, and tables that it wants compacted, to the stage that works for them. */
import { join } from 'node:path'
import type { DeliveryStage, StageContext } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { openCatalog } from '../catalog/open-catalog.ts'
import { openCompactor } from '../compact/open-compactor.ts'
import { type CrawlTarget, openCrawler } from '../crawler/open-crawler.ts'
import { bucketsOf } from '../objects/buckets-of.ts'
import { openLakeQuery } from '../query/open-lake-query.ts'
import { refreshView, viewTask } from './refresh-view.ts'
import { type OpenTasks, type ScheduledTask, ScheduleStage } from './schedule-stage.ts'
import { claimTick, lastTick } from './ticks.ts'

export interface DeclaredView {
  readonly database: string
  readonly name: string
  readonly sql: string
  /** Without it the view is a text, and computed by each query. */
  readonly refreshMs?: number
  /** Where the rows of a refreshed view are kept. */
  readonly bucket?: string
}

export interface DeclaredCrawler extends CrawlTarget {
  readonly name: string
  readonly everyMs: number
}

export const scheduleStageName = 'lake-schedule'

/** Between looks at the tables that ask for compaction. */
const compactEveryMs = 60_000

/** `compacts`: small files of tables whose parameters ask for it become larger ones. Undefined: nothing is scheduled. */
export function scheduledStage(
  views: readonly DeclaredView[],
  crawlers: readonly DeclaredCrawler[],
  compacts = false,
): DeliveryStage | undefined {
  const refreshed = views.filter(({ refreshMs }) => refreshMs !== undefined)
  if (refreshed.length === 0 && crawlers.length === 0 && !compacts) return undefined
  return {
    kind: 'delivery',
    name: scheduleStageName,
    from: [],
    into: [],
    streams: [],
    waitsOutside: true,
    lambdas: [],
    make: (context) =>
      new ScheduleStage(scheduleStageName, context, () => openTasks(context, refreshed, crawlers, compacts)),
  }
}

function openTasks(
  { store, clock }: StageContext,
  views: readonly DeclaredView[],
  crawlers: readonly DeclaredCrawler[],
  compacts: boolean,
): OpenTasks {
  const catalog = openCatalog({ store })
  const buckets = bucketsOf(store)
  const query = openLakeQuery({ catalog, buckets, clock, store })
  const crawler = openCrawler({ catalog, buckets })
  const refreshes = views.map(({ database, name, refreshMs = 0, bucket }): ScheduledTask => {
    const task = viewTask(database, name)
    return {
      name: `view "${database}.${name}"`,
      everyMs: refreshMs,
      last: () => lastTick(store, task, catalog.view(database, name)?.updatedAt),
      async run(tick, signal) {
        const view = catalog.view(database, name)
        if (view === undefined) throw new Error(`there is no view "${database}.${name}" any more`)
        const place = bucket === undefined ? {} : { bucket }
        await refreshView({ store, catalog, buckets, query }, view, { tick, signal, ...place })
      },
    }
  })
  const crawls = crawlers.map(({ name, everyMs, ...target }): ScheduledTask => {
    const task = `crawler ${name}`
    return {
      name: `crawler "${name}"`,
      everyMs,
      last: () => lastTick(store, task),
      async run(tick, signal) {
        await crawler.crawl({ ...target, crawler: name }, signal)
        store.commit((transaction) => claimTick(transaction, task, { tick, edition: 0 }))
      },
    }
  })
  return {
    // Tables before what is computed of them.
    tasks: [...crawls, ...(compacts ? [compactTask({ store, clock })] : []), ...refreshes],
    async close() {
      await query.close()
      await crawler.close()
    },
  }
}

/** All tables that ask for it. Nothing of a pass has to be remembered: what it has begun is in the store. */
function compactTask({ store, clock }: Pick<StageContext, 'store' | 'clock'>): ScheduledTask {
  const catalog = openCatalog({ store })
  const dir = join(store.dir, 'work', 'compact')
  const compactor = openCompactor({ store, catalog, buckets: bucketsOf(store), clock, dir })
  let last: number | undefined
  return {
    name: 'compaction',
    everyMs: compactEveryMs,
    last: () => last,
    async run(tick, signal) {
      const failures: string[] = []
      await compactor.pass(({ database, name }, error) => {
        failures.push(
          `table "${database}.${name}": ${error instanceof Error ? error.message : String(error)}`,
        )
      }, signal)
      last = tick
      if (failures.length > 0) throw new Error(failures.join('; '))
    },
  }
}

/** Puts an app's views into the catalog; one whose text has changed is refreshed at once. Errors: CATALOG_*. */
export function declareViews(store: Store, views: readonly DeclaredView[]): void {
  const catalog = openCatalog({ store })
  for (const { database, name, sql, refreshMs } of views) {
    catalog.write((writer) => {
      writer.putDatabase(database)
      writer.putView({ database, name, sql, ...(refreshMs === undefined ? {} : { refreshMs }) })
    })
  }
}
