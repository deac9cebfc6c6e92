/** What private servers of every kind have in common: the life of one on its folder and port. */
import { systemClock } from '@millrace/values'
import { CdcError } from '../errors.ts'
import { freePort, type PrivateDirectory } from './private-directory.ts'
import type { PrivateServer } from './private-server.ts'
import { type ServerCommand, ServerProcess } from './server-process.ts'

export interface ManagedServerSpec {
  readonly kind: PrivateServer['kind']
  readonly version: string
  readonly directory: PrivateDirectory
  /** 0: any free one. */
  readonly port: number
  /** `mariadb://root:password@127.0.0.1:`; the port follows, then this. */
  url(port: number): string
  command(port: number): ServerCommand
  /** How it is asked to end, and how it is told to if it does not. */
  readonly stopSignals: readonly [NodeJS.Signals, NodeJS.Signals]
  /** Whether a failed start says that the port was taken by somebody else. */
  isPortTaken(error: CdcError): boolean
  /** Whether a failed start is one that follows a crash, and goes better a moment later. */
  isPassing(error: CdcError): boolean
}

const startTries = 20
const pauseMs = 100

export async function startManagedServer(spec: ManagedServerSpec): Promise<PrivateServer> {
  const server = new ManagedServer(spec)
  try {
    await server.start()
    return server
  } catch (error) {
    await spec.directory.remove()
    throw error
  }
}

class ManagedServer implements PrivateServer {
  readonly kind: PrivateServer['kind']
  readonly version: string
  readonly #spec: ManagedServerSpec
  #port: number
  #process: ServerProcess | undefined

  constructor(spec: ManagedServerSpec) {
    this.kind = spec.kind
    this.version = spec.version
    this.#spec = spec
    this.#port = spec.port
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return this.#spec.url(this.#port)
  }

  async start(): Promise<void> {
    if (this.#process?.isRunning) return
    const isPortOpen = this.#port === 0
    for (let tries = 1; ; tries++) {
      if (isPortOpen) this.#port = await freePort()
      const command = this.#spec.command(this.#port)
      try {
        this.#process = await ServerProcess.start(command)
        return
      } catch (error) {
        const again =
          error instanceof CdcError &&
          (this.#spec.isPassing(error) || (isPortOpen && this.#spec.isPortTaken(error)))
        if (!again || tries === startTries) throw error
        await (command.clock ?? systemClock).sleep(pauseMs)
      }
    }
  }

  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#process?.end(...this.#spec.stopSignals)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#spec.directory.isTemporary) await this.kill()
    else await this.stop()
    await this.#spec.directory.remove()
  }
}
