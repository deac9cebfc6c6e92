/** The shell of the page: who runs here, counts of the navigation, and names for the command palette. */
import { adminRoute, type Routes } from '@millrace/gateway'
import { DeadLetters } from '@millrace/runtime'
import { openTables } from '@millrace/tables'
import type { ConsoleOptions } from '../../console-options.ts'
import { NotebookFiles } from '../notebook/notebook-files.ts'
import { namesOf, type OverviewPlaces, overviewOf } from './overview.ts'

export const overviewPath = '/admin/console'

export function overviewRoutes({ store, lake, app, notebook, gateway }: ConsoleOptions): Routes {
  const tables = openTables({ store })
  const letters = new DeadLetters(store)
  const notebooks = new NotebookFiles(notebook?.folders ?? [])
  const places: OverviewPlaces = {
    dir: lake.dir,
    app,
    alarms: () =>
      gateway()
        ?.alarms?.views()
        .filter(({ state }) => state === 'ALARM')
        .map(({ name }) => name) ?? [],
    deadLetters: () => letters.counts().reduce((sum, { letters: waiting }) => sum + waiting, 0),
    streams: () => store.streams().map(({ name }) => name),
    tables: () => tables.list().map(({ name }) => name),
    datasets: () =>
      lake.catalog
        .databases()
        .flatMap((database) => lake.catalog.tables(database.name))
        .map(({ database, name }) => `${database}.${name}`),
    notebooks: () => notebooks.names(),
  }
  return new Map([
    [overviewPath, adminRoute('millrace:DescribePipeline', () => overviewOf(places))],
    [`${overviewPath}/names`, adminRoute('millrace:DescribePipeline', () => namesOf(places))],
  ])
}
