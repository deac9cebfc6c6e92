/**
 * `millrace run`: loads an app, starts it, shows it, and ends with its report.
 *
 * Standard output carries the report alone (text, or JSON with --json); what a person watches goes to standard error, so
 * that the report can be piped. Exit 1 when a stage failed or the ledger does not balance.
 */
import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { type AppDefinition, type Report, type RunningApp, startApp } from '@millrace/runtime'
import { systemClock } from '@millrace/values'
import colors from 'picocolors'
import { optionHelp } from '../define/app-options.ts'
import { shortPath } from '../define/call-site.ts'
import type { BuiltApp } from '../define/define-app.ts'
import { MillraceError } from '../error.ts'
import { buildApp, loadAppFile, loaderFor } from '../load/load-app.ts'
import { defaultDataDir } from './data-directory.ts'
import { exitCodes } from './exit-code.ts'
import { quietOnClosedPipe } from './output.ts'
import { liveView, logLine, reportText } from './run-view.ts'
import { Screen } from './screen.ts'
import { watchStopSignals } from './stop-signals.ts'
import { writeFileAtomic } from './write-file.ts'

const redrawMs = 250
const logLineMs = 5000

export interface RunFlags {
  readonly dataDir: string | undefined
  readonly untilIdle: boolean
  readonly report: string | undefined
  readonly json: boolean
}

export async function run(file: string, flags: RunFlags, appArguments: readonly string[]): Promise<number> {
  const factory = await loadAppFile(file)
  const help = appArguments.some((word) => word === '--help' || word === '-h')
  if (help) {
    printAppHelp(file, buildApp(factory, []))
    return exitCodes.ok
  }
  const { definition } = buildApp(factory, appArguments)
  const dataDir = flags.dataDir === undefined ? defaultDataDir(definition.name) : resolve(flags.dataDir)
  const resumes = existsSync(dataDir) && readdirSync(dataDir).length > 0
  const spec = { file: resolve(file), options: appArguments }
  const warn = (text: string) => process.stderr.write(`${text}\n`)
  quietOnClosedPipe()
  const signals = watchStopSignals(() =>
    warn('\ndraining: sources have stopped, what was read is being finished (ctrl-C again ends at once)'),
  )
  try {
    const app = await startApp({
      app: definition,
      dataDir,
      loader: loaderFor(spec),
      untilIdle: flags.untilIdle,
    })
    if (!flags.json) warn(greeting({ file, app: definition, dataDir, resumes }))
    const report = await watch(app, signals.asked, flags)
    if (flags.report !== undefined) writeFileAtomic(flags.report, `${JSON.stringify(report, undefined, 2)}\n`)
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : reportText(report))
    if (report.ledgerBalanced) return exitCodes.ok
    throw new MillraceError(
      'APP_FAILED',
      'The ledger does not balance: records were lost or counted twice.',
      {
        next: `Keep ${shortPath(dataDir)} and report it with the report above.`,
      },
    )
  } finally {
    signals.release()
  }
}

/** Shows the app until it has ended by itself or on request, and gives its report. */
async function watch(app: RunningApp, asked: AbortSignal, flags: RunFlags): Promise<Report> {
  const ended = new AbortController()
  const finished = app.finished.finally(() => ended.abort())
  asked.addEventListener('abort', () => void app.stop().catch(() => {}), { once: true })
  if (asked.aborted) void app.stop().catch(() => {})
  const shown = flags.json ? Promise.resolve() : show(app, ended.signal)
  try {
    return await finished
  } finally {
    await shown
  }
}

async function show(app: RunningApp, ended: AbortSignal): Promise<void> {
  const terminal = process.stderr
  if (!terminal.isTTY) {
    while (!ended.aborted) {
      await systemClock.sleep(logLineMs, ended)
      if (!ended.aborted) terminal.write(`${logLine(app.snapshot())}\n`)
    }
    return
  }
  const screen = new Screen(terminal)
  while (!ended.aborted) {
    screen.draw(colored(liveView(app.snapshot(), { columns: terminal.columns, rows: terminal.rows })))
    await systemClock.sleep(redrawMs, ended)
  }
  screen.clear()
}

/** Colour only marks what a reader may look for first; picocolors leaves it out where NO_COLOR or a pipe asks for it. */
function colored(lines: readonly string[]): string[] {
  return lines.map((line, i) => {
    if (i === 0) return colors.bold(line)
    if (line.includes('NOT BALANCED')) return colors.red(line)
    if (line.startsWith('warning ')) return colors.yellow(line)
    return line.startsWith('ctrl-C ') || line.startsWith('stage ') ? colors.dim(line) : line
  })
}

interface Start {
  readonly file: string
  readonly app: AppDefinition
  readonly dataDir: string
  /** The directory holds something already. */
  readonly resumes: boolean
}

function greeting({ file, app, dataDir, resumes }: Start): string {
  const place = shortPath(dataDir)
  // Without --data-dir the other commands find the directory by themselves, if it is the only one.
  const where = dataDir === defaultDataDir(app.name) ? '' : ` --data-dir ${place}`
  const table = app.tables[0]
  const stream = app.streams.at(-1)
  const next = [
    ...(table === undefined ? [] : [`  millrace table scan ${table.name} --limit 3${where}`]),
    ...(stream === undefined
      ? []
      : [`  millrace stream read ${stream.name} --from latest --limit 3${where}`]),
  ]
  const stages = app.stages.map((stage) => `${stage.kind} ${stage.name}`).join(', ')
  return [
    `running ${app.name} from ${shortPath(resolve(file))}: ${stages}`,
    `data in ${place}${resumes ? ' (continues where it stopped)' : ''}`,
    ...(next.length === 0 ? [] : ['try in another terminal:', ...next]),
    '',
  ].join('\n')
}

function printAppHelp(file: string, app: BuiltApp): void {
  const { definition, options } = app
  const list =
    options.length === 0 ? 'The app has no options.' : `Options of the app:\n${optionHelp(options)}`
  process.stdout.write(`millrace run ${file} [flags] -- [app options]\n\n${definition.name}\n\n${list}\n`)
}
