/** Runs the built command line as a process, the way a user does, in a folder of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const bin = join(import.meta.dirname, '../../bin/millrace.js')

/** Translated app files are cached here, not in the cache of whoever runs the tests. */
const cache = mkdtempSync(join(tmpdir(), 'millrace-cache-'))
/** A test that fails leaves its processes running; they end with the test file. */
const running = new Set<ChildProcessWithoutNullStreams>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(cache, { recursive: true, force: true })
})

export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export class CliProcess {
  readonly child: ChildProcessWithoutNullStreams
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>
  readonly #watchers = new Set<() => void>()

  constructor(
    args: readonly string[],
    options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ) {
    const env = { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: cache, ...options.env }
    this.child = spawn(process.execPath, [bin, ...args], { cwd: options.cwd ?? tmpdir(), env })
    running.add(this.child)
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#look()
    })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#look()
    })
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (exitCode, signal) => {
        running.delete(this.child)
        resolve({ exitCode, signal, stdout: this.stdout, stderr: this.stderr })
        this.#look()
      })
    })
  }

  /** Resolves when the condition holds; rejects when the process ends before. */
  async until(holds: (process: CliProcess) => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (holds(this)) resolve()
        else if (this.child.exitCode !== null) {
          reject(new Error(`ended early: ${this.child.exitCode}\n${this.stdout}\n${this.stderr}`))
        } else return
        this.#watchers.delete(look)
      }
      this.#watchers.add(look)
      look()
    })
  }

  #look(): void {
    for (const look of [...this.#watchers]) look()
  }
}

export function cli(args: readonly string[], options: { readonly cwd?: string } = {}): Promise<Ended> {
  const process = new CliProcess(args, options)
  process.child.stdin.end()
  return process.ended
}

export interface Folder {
  readonly path: string
  remove(): void
}

export function temporaryFolder(): Folder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-cli-')))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
