/** What the console is made of: given by whoever opens it. */
import type { StoreGateway } from '@millrace/gateway'
import type { AppDefinition, RunningApp } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import type { LakeHandle } from './api/lake/lake-handle.ts'
import type { NotebookHost } from './api/notebook/notebook-host.ts'

/** The app that runs on the store. */
export interface AppDoor {
  readonly definition: AppDefinition
  /** Absolute path of the app's file. */
  readonly file: string
  /** Set when it has started. */
  app: RunningApp | undefined
}

export interface ConsoleOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly lake: LakeHandle
  /** Undefined: no app runs here; streams, tables and the lake are shown. */
  readonly app: AppDoor | undefined
  /** The gateway that the console is mounted on; undefined until it listens. */
  readonly gateway: () => StoreGateway | undefined
  /** Runs cells of notebooks; undefined: they cannot be run here. */
  readonly notebook: NotebookHost | undefined
}
