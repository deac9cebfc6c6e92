/**
 * `millrace dev`: an app that follows its files. It runs as a process of its own, as `millrace run` would run it. When files change:
 *   code of Lambda functions alone    the running app loads it for the next invocation; positions do not even stop
 *   files of reference tables alone   the running app reads them again
 *   anything else                     the app is stopped (what is in flight is finished and committed) and started again; it
 *                                     continues from its positions
 * What cannot be loaded is said and changes nothing: the app that runs goes on with what it has.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@millrace/values'
import { shortPath } from '../../define/call-site.ts'
import { exitCodes } from '../exit-code.ts'
import { FileWatch, isBelow, type Watched } from './file-watch.ts'
import { type AppFiles, type Inspection, inspectApp } from './inspect-app.ts'

/** An app that has not drained by then is ended; what is committed is safe. */
const drainMs = 10_000
const bin = fileURLToPath(new URL('../../../bin/millrace.js', import.meta.url))

export interface DevOptions {
  readonly file: string
  /** The words of `millrace run` behind its name. */
  readonly runWords: readonly string[]
  readonly appArguments: readonly string[]
}

export async function dev(options: DevOptions): Promise<number> {
  const stopping = new AbortController()
  const app = new AppProcess(options)
  const onSignal = (signal: NodeJS.Signals) => {
    stopping.abort()
    // A terminal sends ctrl-C to the app's process as well, and a second one would end it at once.
    if (signal === 'SIGTERM' || !process.stdin.isTTY) app.signal(signal)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    await follow(options, app, stopping.signal)
    return await app.ended()
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

async function follow(
  { file, appArguments }: DevOptions,
  app: AppProcess,
  signal: AbortSignal,
): Promise<void> {
  const watch = new FileWatch(systemClock)
  const path = resolve(file)
  const inspect = async (handlers: readonly string[] | 'all') => {
    const found = await inspectApp({ file: path, options: appArguments, handlers })
    if (!found.ok)
      say(`${found.problem}\n${app.isRunning ? 'the app goes on as it was' : 'waiting for a change'}`)
    return found
  }
  // Until the app can be loaded, what it needs is not known: all code beside it counts.
  let files: AppFiles | undefined
  const learn = (found: Inspection): void => {
    if (found.ok) files = found.files
    watch.set(watchedOf(path, files, found))
  }
  watch.set(watchedOf(path, undefined, undefined))
  let found = await inspect([])
  learn(found)
  if (found.ok && !signal.aborted) app.start()
  while (!signal.aborted) {
    const changed = await watch.next(signal)
    if (changed.length === 0) return
    say(`changed: ${shown(changed)}`)
    const reach = files === undefined || !app.isRunning ? 'app' : reachOf(changed, files)
    found = await inspect(reach === 'app' ? 'all' : functionsOf(changed, files))
    learn(found)
    if (!found.ok || signal.aborted) continue
    if (reach === 'running') {
      app.reload()
      say('loaded into the running app')
    } else {
      if (app.isRunning) say('the app is started again; it continues from its positions')
      await app.stop()
      if (!signal.aborted) app.start()
    }
  }
}

/** What a change calls for: a running app can take it in, or the app has to start again. */
function reachOf(
  changed: readonly string[],
  { modules, references, functions }: AppFiles,
): 'running' | 'app' {
  const isTakenIn = changed.every(
    (file) =>
      !modules.includes(file) &&
      (references.includes(file) || functions.some(({ dir }) => isBelow(dir, file))),
  )
  return isTakenIn ? 'running' : 'app'
}

function functionsOf(changed: readonly string[], files: AppFiles | undefined): string[] {
  const touched = files?.functions.filter(({ dir }) => changed.some((file) => isBelow(dir, file)))
  return touched?.map(({ name }) => name) ?? []
}

function watchedOf(file: string, files: AppFiles | undefined, found: Inspection | undefined): Watched {
  const loaded = found?.ok === false ? found.modules : []
  return {
    files: [...new Set([file, ...(files?.modules ?? []), ...(files?.references ?? []), ...loaded])],
    folders: [
      ...new Set([
        ...(files?.functions.map(({ dir }) => dir) ?? []),
        ...(files?.queries ?? []),
        ...(files === undefined ? [dirname(file)] : []),
      ]),
    ],
  }
}

/** The app that runs, if one does. */
class AppProcess {
  readonly #options: DevOptions
  #child: ChildProcess | undefined
  #exit: Promise<number> = Promise.resolve(exitCodes.ok)
  #isStopping = false
  #hasStarted = false
  /** Where the app listened last, as it said: pages and clients that are connected find it there again. */
  #port: number | undefined

  constructor(options: DevOptions) {
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  start(): void {
    const { runWords, appArguments } = this.#options
    // A browser that was opened once shows the app again when it is back.
    const shown = this.#hasStarted ? runWords.filter((word) => word !== '--open') : runWords
    this.#hasStarted = true
    const words = ['run', ...shown, ...(appArguments.length === 0 ? [] : ['--', ...appArguments])]
    this.#isStopping = false
    // The channel tells the app when this process is gone, however it went.
    const child = fork(bin, words, {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        MILLRACE_DEV: '1',
        ...(this.#port === undefined ? {} : { MILLRACE_DEV_PORT: String(this.#port) }),
      },
    })
    this.#child = child
    // The app says nothing else, and is of this same version of the package.
    child.on('message', ({ port }: { readonly port: number }) => {
      this.#port = port
    })
    this.#exit = new Promise((settle) => {
      const ended = (code: number) => {
        this.#child = undefined
        if (!this.#isStopping) say(`the app has ended (exit ${code}); waiting for a change`)
        settle(code)
      }
      child.once('error', () => ended(exitCodes.failed))
      child.once('exit', (code, signal) =>
        ended(code ?? (signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated)),
      )
    })
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#isStopping = true
    child.kill('SIGTERM')
    const ended = new AbortController()
    void this.#exit.then(() => ended.abort())
    await systemClock.sleep(drainMs, ended.signal)
    if (!ended.signal.aborted) child.kill('SIGTERM')
    await this.#exit
  }

  signal(signal: NodeJS.Signals): void {
    this.#isStopping = true
    this.#child?.kill(signal)
  }

  /** Not by a signal, which would end an app that is not yet listening. */
  reload(): void {
    // Where it has just ended nobody is left to hear it, which its end says.
    this.#child?.send('reload', () => {})
  }

  /** Exit code of the app that ran last. */
  ended(): Promise<number> {
    this.#isStopping = true
    return this.isRunning ? this.#exit : Promise.resolve(exitCodes.ok)
  }
}

function shown(files: readonly string[]): string {
  const names = files.slice(0, 5).map(shortPath)
  return files.length > 5 ? `${names.join(', ')} and ${files.length - 5} more` : names.join(', ')
}

function say(text: string): void {
  process.stderr.write(`dev: ${text.replaceAll('\n', '\n     ')}\n`)
}
