/**
 * What tells that a change of a table was made: the id of a writer's last commit is a property of the table, set by the very commit, and
 * stands in the snapshot's summary. A writer makes one commit after the other, so its last id is enough.
 */
import { randomUUID } from 'node:crypto'
import type { TableMetadata } from '../metadata.ts'

export interface CommitMark {
  readonly properties: Readonly<Record<string, string>>
  readonly summary: Readonly<Record<string, string>>
}

const summaryName = 'millrace.commit'

export function makeCommitMark(
  commit: { readonly writer: string; readonly id: string } | undefined,
): CommitMark {
  if (commit === undefined) return { properties: {}, summary: { [summaryName]: randomUUID() } }
  return {
    properties: { [`millrace.writer.${commit.writer}`]: commit.id },
    summary: { [summaryName]: `${commit.writer}/${commit.id}` },
  }
}

export function isKnownCommit(metadata: TableMetadata, { properties, summary }: CommitMark): boolean {
  const named = Object.entries(properties)
  if (named.length > 0 && named.every(([name, id]) => metadata.properties[name] === id)) return true
  return metadata.snapshots.some((snapshot) => snapshot.summary[summaryName] === summary[summaryName])
}
