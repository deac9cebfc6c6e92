/** What a follower is made of. */
import type { SourceContext } from '@millrace/runtime'
import type { Database } from '../database/database.ts'
import type { Envelope } from '../envelope/envelope.ts'
import type { CdcSettings } from './cdc-settings.ts'
import type { Progress } from './progress.ts'
import type { SchemaPolicies } from './schema-policies.ts'
import { HeldBytes } from './table-load.ts'

export interface FollowerParts {
  readonly context: SourceContext
  readonly settings: CdcSettings
  readonly database: Database
  readonly envelope: Envelope
  readonly policies: SchemaPolicies
  readonly limits: FollowerLimits
  readonly progress: Progress
  /** Of the source's own, also when it closes. */
  readonly signal: AbortSignal
  warn(code: string, message: string): void
  /** Nothing is to be done just now: the status is told. In so many ms it may be told again; Infinity: there is no need. */
  report(): number
}

export interface FollowerLimits {
  /** Bytes of log asked for at once: what a read of the runtime takes about. */
  readonly logBytes: number
  readonly chunkBytes: number
  /** Memory of changes that wait for chunks. */
  readonly held: HeldBytes
}

export function defaultLimits(): FollowerLimits {
  return { logBytes: 1 << 20, chunkBytes: 2 << 20, held: new HeldBytes(64 << 20) }
}
