/** What the name of a table in a statement says: `orders`, `orders@3`, `orders@2026-11-21T10:00:00Z`, `orders$snapshots`. Pure. */
import type { SnapshotAt } from '../iceberg/table-port.ts'
import { LakeQueryError } from './query-error.ts'

export interface NamedTable {
  /** Lower-case, as in the catalog. */
  readonly base: string
  /** Which state; undefined: now. */
  readonly at: TableState | undefined
  /** A table about the table. */
  readonly metadata: MetadataTable | undefined
}

/** `number`: a snapshot by its id, or by its place in the history from 1. */
export type TableState = SnapshotAt | { readonly number: number }

export const metadataTables = ['snapshots', 'files', 'history'] as const
export type MetadataTable = (typeof metadataTables)[number]

/** Error: LAKE_QUERY_INVALID. */
export function readTableName(text: string): NamedTable {
  const at = text.indexOf('@')
  const dollar = text.indexOf('$')
  const end = Math.min(at < 0 ? text.length : at, dollar < 0 ? text.length : dollar)
  const base = text.slice(0, end).toLowerCase()
  const metadata = dollar < 0 ? undefined : text.slice(dollar + 1, at > dollar ? at : undefined).toLowerCase()
  const state = at < 0 ? undefined : text.slice(at + 1, dollar > at ? dollar : undefined)
  return {
    base,
    at: state === undefined ? undefined : readState(text, state),
    metadata: metadata === undefined ? undefined : readMetadata(text, metadata),
  }
}

function readState(text: string, state: string): TableState {
  if (/^\d+$/.test(state)) return { number: Number(state) }
  const time = /^\d{4}-\d\d-\d\d/.test(state) ? Date.parse(withZone(state)) : Number.NaN
  if (!Number.isNaN(time)) return { asOf: time }
  if (/^[A-Za-z_][\w.-]*$/.test(state)) return { ref: state }
  throw new LakeQueryError(
    'LAKE_QUERY_INVALID',
    `table "${text}": "${state}" is no state of a table. After @ stands the number or id of a snapshot, a time like ` +
      '2026-11-21T10:00:00Z, or the name of a branch or tag.',
  )
}

/** A time without a zone is of UTC, as all times of the lake. */
function withZone(text: string): string {
  const iso = text.replace(' ', 'T')
  return !iso.includes('T') || /(Z|[+-]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`
}

function readMetadata(text: string, name: string): MetadataTable {
  const found = metadataTables.find((known) => known === name)
  if (found !== undefined) return found
  throw new LakeQueryError(
    'LAKE_QUERY_INVALID',
    `table "${text}": there is no table "$${name}" about a table. There are ${metadataTables.map((known) => `$${known}`).join(', ')}.`,
  )
}
