/** Puts manifests of a table together, so that planning reads few of them; its rows and files stay what they are. */
import type { Table } from '../table/open-table.ts'

export interface ManifestsOutcome {
  readonly before: number
  readonly after: number
}

/** Nothing is committed while no two manifests are of one kind and partition spec, since those cannot be put together. */
export async function rewriteManifests(table: Table): Promise<ManifestsOutcome> {
  await table.refresh()
  const manifests = await table.files.manifests(table.snapshot())
  const kinds = new Set(manifests.map(({ content, specId }) => `${content} ${specId}`))
  if (kinds.size === manifests.length) return { before: manifests.length, after: manifests.length }
  await table.commit({ rewrite: true }, { mergeAll: true })
  return { before: manifests.length, after: (await table.files.manifests(table.snapshot())).length }
}
