/** A gateway in a process of its own, for tests that kill it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./server-child.mjs', import.meta.url))

export class ServerProcess {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /** Resolves once the server answers; rejects if it ends before. */
  static async start(dataDirectory: string): Promise<ServerProcess> {
    const child = spawn(process.execPath, [script, dataDirectory], { stdio: ['ignore', 'pipe', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    const lines = createInterface({ input: child.stdout })
    const started = once(lines, 'line').then(([line]) => new ServerProcess(child, String(line)))
    const ended = once(child, 'close').then(([code, signal]) => {
      throw new Error(`the server ended with ${signal ?? code} before it answered: ${errors}`)
    })
    // Once it has started, its end is the test's business.
    ended.catch(() => {})
    return Promise.race([started, ended])
  }

  /** At once, wherever it is. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await ended
  }
}
