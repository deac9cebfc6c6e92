/** Where a source keeps files of its own: `sources/NAME` in the data directory, beside the store's. */
import { join } from 'node:path'

/** Names of stages may hold what no file name may: such characters become their code, so that two names never share a folder. */
export function sourceDirectory(dataDir: string, stage: string): string {
  const name = stage.replaceAll(
    /[^A-Za-z0-9_-]/gu,
    (character) => `%${character.codePointAt(0)?.toString(16)};`,
  )
  return join(dataDir, 'sources', name)
}
