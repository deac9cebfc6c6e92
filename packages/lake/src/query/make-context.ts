/** What the making of a query's tables shares: services, limits of what may be read, and what is known of files. */
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { Catalog, CatalogTable } from '../catalog/catalog-port.ts'
import type { ManifestCache } from '../iceberg/table/table-files.ts'
import type { Buckets } from '../objects/object-store.ts'
import type { DuckSession } from './duck-session.ts'
import type { FileInspector } from './inspect-files.ts'

export interface FilePlace {
  readonly table: CatalogTable
  readonly key: string
  /** Its rows belong to the table, so without it there is no answer. */
  readonly isNeeded?: true
  readonly id: string
}

export interface MakeContext {
  readonly session: DuckSession
  readonly catalog: Catalog
  readonly buckets: Buckets
  readonly store: Store | undefined
  readonly clock: Clock
  readonly inspector: FileInspector
  /** What was read of manifests, which never change, by place of the table. */
  readonly manifests: Map<string, ManifestCache>
  /** Folders that queries may read beside, and the file that this one writes. */
  readonly folders: readonly string[]
  readonly output: string | undefined
  /** Database of names without one. */
  readonly database: string
  /** All tables as they were at this time, ms. */
  readonly asOf: number | undefined
  /** Ids of files that are left out, or that are not what the catalog says of them, with the reason. */
  readonly suspects: ReadonlyMap<string, FileSuspicion>
  readonly check: () => void
}

export interface FileSuspicion {
  readonly isLeftOut: boolean
  readonly reason: string
}
