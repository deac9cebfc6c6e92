/**
 * Saved charts and dashboards of a data directory: files in its folders `charts` and `dashboards`, which the command line may write
 * beside a running app (versioned-files.ts). Charts may stand on saved queries, which are files too (QueryBook of @millrace/lake).
 *
 * Errors: DASHBOARD_UNKNOWN, DASHBOARD_CHANGED, DASHBOARD_IN_USE, DASHBOARD_INVALID.
 */
import { join } from 'node:path'
import type { QueryBook } from '@millrace/lake'
import { type Clock, didYouMean } from '@millrace/values'
import { ConsoleError } from '../../errors.ts'
import type { Chart, Dashboard, DashboardFile, ImportAnswer, Kept } from '../../protocol/dashboards.ts'
import { checkChart, checkDashboard } from './check-dashboard.ts'
import { type VersionedFile, VersionedFiles } from './versioned-files.ts'

/** All of one kind, so that a runaway program fills no disk. */
const documentsMax = 1_000

export class DashboardBook {
  readonly #queries: QueryBook
  readonly #charts: Shelf<Chart>
  readonly #dashboards: Shelf<Dashboard>

  constructor({
    dir,
    book,
    clock,
  }: { readonly dir: string; readonly book: QueryBook; readonly clock: Clock }) {
    this.#queries = book
    this.#charts = new Shelf('chart', join(dir, 'charts'), clock, checkChart)
    this.#dashboards = new Shelf('dashboard', join(dir, 'dashboards'), clock, checkDashboard)
  }

  charts(): Promise<Kept<Chart>[]> {
    return this.#charts.list()
  }

  chart(name: string): Promise<Kept<Chart>> {
    return this.#charts.need(name)
  }

  /** Undefined if it stands on a saved query that is gone. */
  async sqlOf({ source }: Chart): Promise<string | undefined> {
    if (source.kind === 'sql') return source.sql
    return (await this.#queries.list()).find(({ name }) => name === source.query)?.sql
  }

  /** `version`: that it was made of; 0: it is to be new. */
  async saveChart(chart: Chart, version: number): Promise<Kept<Chart>> {
    if ((await this.sqlOf(chart)) === undefined && chart.source.kind === 'saved')
      throw new ConsoleError(
        'DASHBOARD_INVALID',
        `chart "${chart.name}" is of the saved query "${chart.source.query}", which there is not. Save the query first.`,
      )
    return this.#charts.save(chart, version)
  }

  async removeChart(name: string, version: number): Promise<void> {
    const users = (await this.dashboards()).filter(({ tiles }) => tiles.some(({ chart }) => chart === name))
    if (users.length > 0)
      throw new ConsoleError(
        'DASHBOARD_IN_USE',
        `chart "${name}" is on ${users.map((each) => `"${each.name}"`).join(', ')}. Take it off there first.`,
      )
    await this.#charts.remove(name, version)
  }

  dashboards(): Promise<Kept<Dashboard>[]> {
    return this.#dashboards.list()
  }

  dashboard(name: string): Promise<Kept<Dashboard>> {
    return this.#dashboards.need(name)
  }

  async saveDashboard(dashboard: Dashboard, version: number): Promise<Kept<Dashboard>> {
    const known = new Set((await this.charts()).map(({ name }) => name))
    const missing = dashboard.tiles.find(({ chart }) => !known.has(chart))
    if (missing !== undefined)
      throw new ConsoleError(
        'DASHBOARD_INVALID',
        `tile "${missing.id}" shows the chart "${missing.chart}", which there is not. ${didYouMean(missing.chart, [...known])}Save the chart first.`,
      )
    return this.#dashboards.save(dashboard, version)
  }

  removeDashboard(name: string, version: number): Promise<void> {
    return this.#dashboards.remove(name, version)
  }

  /** With its charts and their saved queries. */
  async export(name: string): Promise<DashboardFile> {
    const dashboard = plain(await this.dashboard(name))
    const names = new Set(dashboard.tiles.map(({ chart }) => chart))
    const charts = (await this.charts()).filter((chart) => names.has(chart.name)).map(plain)
    const used = new Set(charts.flatMap(({ source }) => (source.kind === 'saved' ? [source.query] : [])))
    const queries = (await this.#queries.list()).filter((query) => used.has(query.name))
    return { format: 'millrace-dashboard/1', dashboard, charts, queries }
  }

  /**
   * What is there already as the file has it is kept; what differs is refused (DASHBOARD_CHANGED) before anything is written, unless
   * `replace` is said.
   */
  async import(file: DashboardFile, { replace }: { readonly replace: boolean }): Promise<ImportAnswer> {
    const saved = new Map((await this.#queries.list()).map((query) => [query.name, query.sql]))
    const charts = new Map((await this.charts()).map((chart) => [chart.name, chart]))
    const dashboard = await this.#dashboards.find(file.dashboard.name)
    const parts = [
      ...file.queries.map((query) => ({
        label: `query ${query.name}`,
        state: stateOf(saved.get(query.name), query.sql.trim()),
        write: () => this.#queries.save(query),
      })),
      ...file.charts.map((chart) => {
        const known = charts.get(chart.name)
        return {
          label: `chart ${chart.name}`,
          state: stateOf(known && plain(known), chart),
          write: () => this.saveChart(chart, known?.version ?? 0),
        }
      }),
      {
        label: `dashboard ${file.dashboard.name}`,
        state: stateOf(dashboard && plain(dashboard), file.dashboard),
        write: () => this.saveDashboard(file.dashboard, dashboard?.version ?? 0),
      },
    ]
    const other = parts.filter(({ state }) => state === 'replaced').map(({ label }) => label)
    if (other.length > 0 && !replace)
      throw new ConsoleError(
        'DASHBOARD_CHANGED',
        `${other.join(', ')}: there already, and not as in the file. Replace ${other.length === 1 ? 'it' : 'them'} with --replace ("replace": true), or rename in the file.`,
      )
    for (const { state, write } of parts) if (state !== 'kept') await write()
    const labels = (of: State) => parts.filter(({ state }) => state === of).map(({ label }) => label)
    return {
      dashboard: file.dashboard.name,
      made: labels('made'),
      replaced: labels('replaced'),
      kept: labels('kept'),
    }
  }
}

type State = 'made' | 'replaced' | 'kept'

function stateOf(known: unknown, wanted: unknown): State {
  if (known === undefined) return 'made'
  return JSON.stringify(known) === JSON.stringify(wanted) ? 'kept' : 'replaced'
}

function plain<T extends object>(kept: Kept<T>): T {
  const { version, updatedAt, ...rest } = kept
  // What is left of a Kept<T> without what it adds.
  return rest as unknown as T
}

/** Documents of one kind. */
class Shelf<T extends { readonly name: string }> {
  readonly #kind: string
  readonly #files: VersionedFiles
  readonly #clock: Clock
  readonly #check: (value: unknown) => T

  constructor(kind: string, dir: string, clock: Clock, check: (value: unknown) => T) {
    this.#kind = kind
    this.#files = new VersionedFiles(dir)
    this.#clock = clock
    this.#check = check
  }

  async list(): Promise<Kept<T>[]> {
    // One that people have broken does not hide the others; it is told when it is asked for.
    return (await this.#files.list()).flatMap((file) => {
      try {
        return [this.#parse(file)]
      } catch {
        return []
      }
    })
  }

  async find(name: string): Promise<Kept<T> | undefined> {
    const file = await this.#files.read(name)
    return file && this.#parse(file)
  }

  async need(name: string): Promise<Kept<T>> {
    const found = await this.find(name)
    if (found !== undefined) return found
    const names = (await this.list()).map((each) => each.name)
    throw new ConsoleError(
      'DASHBOARD_UNKNOWN',
      `there is no ${this.#kind} "${name}". ${didYouMean(name, names)}${names.length === 0 ? 'None was saved yet.' : `There are ${names.join(', ')}.`}`,
    )
  }

  async save(document: T, version: number): Promise<Kept<T>> {
    if (version === 0 && (await this.#files.list()).length >= documentsMax)
      throw new ConsoleError(
        'DASHBOARD_INVALID',
        `there are ${documentsMax} ${this.#kind}s already. Remove some first.`,
      )
    const updatedAt = Math.round(this.#clock.now())
    const text = `${JSON.stringify({ updatedAt, ...document }, undefined, 2)}\n`
    const saved = await this.#files.save(document.name, text, version)
    if (saved === undefined) throw await this.#changed(document.name, version)
    return { ...document, version: saved, updatedAt }
  }

  async remove(name: string, version: number): Promise<void> {
    await this.need(name)
    if (!(await this.#files.remove(name, version))) throw await this.#changed(name, version)
  }

  async #changed(name: string, version: number): Promise<ConsoleError> {
    const now = await this.#files.version(name)
    const what =
      version === 0
        ? `there is a ${this.#kind} "${name}" already, at version ${now}. Choose another name, or load it and change that one.`
        : `${this.#kind} "${name}" is at version ${now} by now, and the change is of version ${version}. Load it again, and repeat.`
    return new ConsoleError('DASHBOARD_CHANGED', what)
  }

  #parse({ name, version, text }: VersionedFile): Kept<T> {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw new ConsoleError(
        'DASHBOARD_INVALID',
        `${this.#kind} "${name}", version ${version}, is no JSON (${String(error)}). Mend or remove its file in the data directory.`,
      )
    }
    const { updatedAt = 0, ...document } = Object(value) as { readonly updatedAt?: unknown }
    return { ...this.#check({ ...document, name }), version, updatedAt: Number(updatedAt) || 0 }
  }
}
