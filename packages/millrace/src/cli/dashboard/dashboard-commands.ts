/**
 * `millrace dashboard list|show|export|import`: the dashboards of a data directory, beside a running app or after it. They are files with
 * versions, so that nothing has to go through the process that runs.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkDashboardFile, DashboardBook } from '@millrace/console'
import { QueryBook } from '@millrace/lake'
import { systemClock } from '@millrace/values'
import { shortPath } from '../../define/call-site.ts'
import { MillraceError, messageOf } from '../../error.ts'
import { textTable } from '../../shell/result-table.ts'
import { chooseDataDir } from '../data-directory.ts'
import { writeFileAtomic } from '../write-file.ts'

export interface DashboardFlags {
  readonly dataDir: string | undefined
  readonly json: boolean
}

function openBook({ dataDir }: DashboardFlags): DashboardBook {
  const dir = chooseDataDir(dataDir)
  return new DashboardBook({ dir, book: new QueryBook(dir), clock: systemClock })
}

export async function dashboardList(flags: DashboardFlags): Promise<void> {
  const dashboards = await openBook(flags).dashboards()
  if (flags.json) {
    for (const { name, title, tiles, version, updatedAt } of dashboards)
      print({ name, title, charts: tiles.length, version, updatedAt: timeText(updatedAt) })
    return
  }
  if (dashboards.length === 0) {
    process.stdout.write(
      'no dashboards yet; make one in the console under Lake, or with: millrace dashboard import FILE\n',
    )
    return
  }
  const rows = dashboards.map(({ name, title, tiles, updatedAt }) => [
    name,
    title,
    String(tiles.length),
    timeText(updatedAt),
  ])
  say(textTable(['name', 'title', 'charts', 'changed (UTC)'], rows, [false, false, true]))
}

export async function dashboardShow(name: string, flags: DashboardFlags): Promise<void> {
  const { dashboard, charts, queries } = await openBook(flags).export(name)
  if (flags.json) {
    print({ ...dashboard, charts, queries })
    return
  }
  const rows = dashboard.tiles.map(({ chart: of, x, y, width, height }) => {
    const chart = charts.find((each) => each.name === of)
    const every = chart?.refreshSeconds ?? null
    return [
      of,
      chart?.title ?? '(gone)',
      chart?.view.kind ?? '',
      every === null ? 'by hand' : `${every} s`,
      `${x},${y} ${width}x${height}`,
    ]
  })
  say([
    `${dashboard.name}: ${dashboard.title}`,
    '',
    ...textTable(['chart', 'title', 'shown as', 'refresh', 'place'], rows),
  ])
}

/** To standard output, or into a file. */
export async function dashboardExport(
  name: string,
  { output, ...flags }: DashboardFlags & { readonly output: string | undefined },
): Promise<void> {
  const text = `${JSON.stringify(await openBook(flags).export(name), undefined, 2)}\n`
  if (output === undefined) {
    process.stdout.write(text)
    return
  }
  const path = resolve(output)
  writeFileAtomic(path, text)
  process.stdout.write(`dashboard ${name} written to ${shortPath(path)}\n`)
}

export async function dashboardImport(
  file: string,
  { replace, ...flags }: DashboardFlags & { readonly replace: boolean },
): Promise<void> {
  const book = openBook(flags)
  const outcome = await book.import(checkDashboardFile(readJson(file)), { replace })
  if (flags.json) {
    print(outcome)
    return
  }
  const { dashboard, made, replaced, kept } = outcome
  say([
    ...made.map((what) => `made ${what}`),
    ...replaced.map((what) => `replaced ${what}`),
    ...kept.map((what) => `kept ${what}`),
    `It is at /console/lake/dashboards/${dashboard} of the console.`,
  ])
}

function readJson(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new MillraceError('INPUT_FAILED', `${file} cannot be read: ${messageOf(error)}.`, { cause: error })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new MillraceError('INPUT_FAILED', `${file} is no JSON: ${messageOf(error)}.`, {
      next: 'Give a file that "millrace dashboard export" has written.',
      cause: error,
    })
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
