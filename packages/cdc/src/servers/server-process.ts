/**
 * The process of a private server: started as an unprivileged user, ready when its log says so, ended by a signal, and gone with us
 * in any case. A guardian (a shell that waits for the end of its input) kills it when this process dies without having stopped it,
 * be it by SIGKILL, and removes the folder where that was ours.
 *
 * The server is a session of its own, so that ctrl-C at a terminal reaches us alone and we stop it in our order.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { type Clock, systemClock } from '@millrace/values'
import { CdcError } from '../errors.ts'

export interface Account {
  readonly uid: number
  readonly gid: number
}

export interface ServerCommand {
  readonly program: string
  readonly arguments: readonly string[]
  readonly cwd: string
  readonly account: Account | undefined
  /** Beside the usual. */
  readonly environment?: { readonly [name: string]: string }
  /** A line of the log after which connections are taken. */
  readonly isReady: (line: string) => boolean
  /** Removed by the guardian if this process dies. */
  readonly removedWithUs: string | undefined
  readonly log: ((line: string) => void) | undefined
  readonly clock?: Clock
}

const run = promisify(execFile)

const startTimeoutMs = 60_000
const logLinesKept = 30

const guard = `read line && exit 0
kill -9 "$1" 2>/dev/null
[ -z "$2" ] && exit 0
for i in 1 2 3 4 5; do rm -rf "$2" && exit 0; sleep 1; done`

/** Database servers refuse root: `nobody` then; undefined where we are somebody else already. */
export async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (option) => Number((await run('id', [option, 'nobody'])).stdout)),
  )
  if (uid === undefined || gid === undefined) return undefined
  return { uid, gid }
}

/** A program that ends by itself, such as one that makes a data directory. */
export async function runProgram(
  program: string,
  arguments_: readonly string[],
  { account, cwd, environment }: Pick<ServerCommand, 'account' | 'cwd' | 'environment'>,
): Promise<void> {
  try {
    await run(program, [...arguments_], {
      cwd,
      env: { ...serverEnvironment(cwd), ...environment },
      ...account,
    })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string } // what execFile rejects with
    const output = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-logLinesKept).join('\n')
    throw new CdcError('CDC_SERVER_START', `${program} failed:\n${output}`, { cause: error })
  }
}

export class ServerProcess {
  readonly #child: ChildProcess
  readonly #guardian: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #clock: Clock

  private constructor(child: ChildProcess, guardian: ChildProcess, clock: Clock) {
    this.#child = child
    this.#guardian = guardian
    this.#clock = clock
    this.#ended = isOver(child) ? Promise.resolve() : once(child, 'exit')
  }

  /** Resolves when the server takes connections; rejects with CDC_SERVER_START and the end of its log if it ends before. */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const clock = command.clock ?? systemClock
    const child = spawn(command.program, [...command.arguments], {
      cwd: command.cwd,
      env: { ...serverEnvironment(command.cwd), ...command.environment },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      ...command.account,
    })
    const guardian = guardOver(child, command.removedWithUs)
    const server = new ServerProcess(child, guardian, clock)
    const failed = await readUntilReady(child, command, clock)
    if (failed === undefined) {
      // A program that forgets to stop it ends all the same, and the guardian does the rest.
      child.unref()
      return server
    }
    await server.end('SIGKILL')
    throw new CdcError('CDC_SERVER_START', `${command.program} ${failed}`)
  }

  get isRunning(): boolean {
    return !isOver(this.#child)
  }

  /** Sends the signal and waits for the end; where that takes longer than `patienceMs`, sends the harder one. */
  async end(signal: NodeJS.Signals, harder: NodeJS.Signals = 'SIGKILL', patienceMs = 10_000): Promise<void> {
    if (this.isRunning) {
      this.#child.ref()
      this.#child.kill(signal)
      const waiting = new AbortController()
      const harderLater = this.#clock.sleep(patienceMs, waiting.signal).then(() => {
        if (this.isRunning && !waiting.signal.aborted) this.#child.kill(harder)
      })
      await this.#ended
      waiting.abort()
      await harderLater
    }
    this.#guardian.stdin?.end('over\n')
  }
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined
}

function guardOver(child: ChildProcess, folder: string | undefined): ChildProcess {
  const guardian = spawn('/bin/sh', ['-c', guard, 'guardian', String(child.pid ?? ''), folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    detached: true,
  })
  // It must not keep us alive; a guardian that is gone is nothing to stumble over.
  guardian.unref()
  guardian.on('error', () => {})
  guardian.stdin?.on('error', () => {})
  unrefPipe(guardian.stdin)
  child.once('exit', () => guardian.stdin?.end('over\n'))
  return guardian
}

/** undefined: it is ready. Else what went wrong, with the end of the log. */
async function readUntilReady(
  child: ChildProcess,
  command: ServerCommand,
  clock: Clock,
): Promise<string | undefined> {
  const tail: string[] = []
  const lines = createInterface({ input: child.stderr! }) // a pipe, as `stdio` says
  const outcome = new Promise<string | undefined>((resolve) => {
    lines.on('line', (line) => {
      command.log?.(line)
      tail.push(line)
      if (tail.length > logLinesKept) tail.shift()
      if (command.isReady(line)) resolve(undefined)
    })
    child.once('error', (error) => resolve(`could not be run: ${error.message}`))
    // After `close` all of the log has been read.
    child.once('close', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`))
  })
  const waiting = new AbortController()
  const late = clock
    .sleep(startTimeoutMs, waiting.signal)
    .then(() => `was not ready after ${startTimeoutMs / 1000} s`)
  const failed = await Promise.race([outcome, late])
  waiting.abort()
  if (failed !== undefined) return `${failed}. The end of its log:\n${tail.join('\n')}`
  unrefPipe(child.stderr)
  return undefined
}

/** A pipe of a child is a socket, which keeps the process alive unless it is told not to. */
function unrefPipe(pipe: unknown): void {
  const { unref } = pipe as { unref?: () => void } // net.Socket behind the stream's type
  unref?.call(pipe)
}

function serverEnvironment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/bin`,
    HOME: home,
    LC_ALL: 'C',
    TZ: 'UTC',
  }
}
