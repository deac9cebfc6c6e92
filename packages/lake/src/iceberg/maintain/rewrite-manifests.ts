/** Puts small manifests of a table together, so that planning reads few of them; its rows and files stay what they are. */
import { isFull } from '../table/commit-rows.ts'
import type { Table } from '../table/open-table.ts'

export interface ManifestsOutcome {
  readonly before: number
  readonly after: number
}

/** Nothing is committed while no two small manifests are of one kind and partition spec, since those cannot be put together. */
export async function rewriteManifests(table: Table): Promise<ManifestsOutcome> {
  const metadata = await table.refresh()
  const manifests = await table.files.manifests(table.snapshot())
  const small = manifests.filter((manifest) => !isFull(metadata, manifest))
  const kinds = new Set(small.map(({ content, specId }) => `${content} ${specId}`))
  if (kinds.size === small.length) return { before: manifests.length, after: manifests.length }
  await table.commit({ rewrite: true }, { mergeAll: true })
  return { before: manifests.length, after: (await table.files.manifests(table.snapshot())).length }
}
