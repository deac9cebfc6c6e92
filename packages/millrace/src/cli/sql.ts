/**
 * `millrace sql`: the shell on a terminal (history, statements of several lines, ctrl-C ends a query and not the shell), or
 * statements from --file or standard input.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { seededRandom, systemClock } from '@millrace/values'
import { unreadableFile } from '../load/unreadable-file.ts'
import { type ShellView, SqlShell } from '../shell/sql-shell.ts'
import { chooseDataDir, openToRead } from './data-directory.ts'
import { exitCodes } from './exit-code.ts'
import { Screen } from './screen.ts'

export interface SqlFlags {
  readonly file: string | undefined
  readonly execute: string | undefined
  readonly dataDir: string | undefined
  readonly json: boolean
}

const historyMax = 1000

export async function sql(flags: SqlFlags): Promise<number> {
  const store = flags.dataDir === undefined ? undefined : await openToRead(chooseDataDir(flags.dataDir))
  try {
    const folder = flags.file === undefined ? process.cwd() : dirname(resolve(flags.file))
    const shell = new SqlShell({
      view: viewOf(flags),
      clock: systemClock,
      random: seededRandom(randomUUID()),
      folder,
      store,
      json: flags.json,
    })
    const text = flags.execute ?? (flags.file === undefined ? undefined : readProgram(flags.file))
    if (text !== undefined) return await once(shell, text, flags.file ?? 'statement')
    if (!process.stdin.isTTY) return await once(shell, readFileSync(0, 'utf8'), 'standard input')
    return await interactive(shell)
  } finally {
    await store?.close()
  }
}

async function once(shell: SqlShell, text: string, name: string): Promise<number> {
  const stop = new AbortController()
  const abort = () => stop.abort()
  process.once('SIGINT', abort).once('SIGTERM', abort)
  try {
    return (await shell.execute(text, name, stop.signal)) ? exitCodes.ok : exitCodes.failed
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort)
  }
}

async function interactive(shell: SqlShell): Promise<number> {
  const historyFile = join(
    process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'),
    'millrace',
    'sql-history',
  )
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    history: readHistory(historyFile),
    historySize: historyMax,
    removeHistoryDuplicates: true,
  })
  lines.on('history', (history: string[]) => writeHistory(historyFile, history))
  process.stdout.write('Millrace SQL (Flink dialect). End statements with ";", leave with exit or ctrl-D.\n')
  let pending = ''
  let running: AbortController | undefined
  lines.on('SIGINT', () => {
    if (running !== undefined) running.abort()
    else {
      pending = ''
      process.stdout.write('\n')
      prompt(lines, pending)
    }
  })
  prompt(lines, pending)
  for await (const line of lines) {
    if (pending === '' && /^\s*(exit|quit)\s*;?\s*$/i.test(line)) break
    pending += `${line}\n`
    if (pending.trim() === '') pending = ''
    else if (/;\s*$/.test(line)) {
      running = new AbortController()
      await shell.execute(pending, 'statement', running.signal)
      running = undefined
      pending = ''
    }
    prompt(lines, pending)
  }
  lines.close()
  return exitCodes.ok
}

function prompt(lines: Interface, pending: string): void {
  lines.setPrompt(pending === '' ? 'sql> ' : '...> ')
  lines.prompt()
}

function viewOf(flags: SqlFlags): ShellView {
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  const error = (line: string) => void process.stderr.write(`${line}\n`)
  const rows = Math.max(5, (process.stdout.rows ?? 24) - 6)
  if (!process.stdout.isTTY || flags.json) return { print, error, rows }
  const screen = new Screen(process.stdout)
  return {
    print,
    error,
    rows,
    draw: (drawing) => (drawing.length === 0 ? screen.clear() : screen.draw(drawing)),
  }
}

function readProgram(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadableFile(file, error)
  }
}

function readHistory(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

/** A history that cannot be kept is no reason to stop. */
function writeHistory(file: string, history: readonly string[]): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${history.slice(0, historyMax).join('\n')}\n`, { mode: 0o600 })
  } catch {
    return
  }
}
