/** Puts all manifests of a table together, so that planning reads few of them; its rows and files stay what they are. */
import type { Table } from '../table/open-table.ts'

export interface ManifestsOutcome {
  readonly before: number
  readonly after: number
}

export async function rewriteManifests(table: Table): Promise<ManifestsOutcome> {
  await table.refresh()
  const count = async () => (await table.files.manifests(table.snapshot())).length
  const before = await count()
  if (before < 2) return { before, after: before }
  await table.commit({ rewrite: true }, { mergeAll: true })
  return { before, after: await count() }
}
