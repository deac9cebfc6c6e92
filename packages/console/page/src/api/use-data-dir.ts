/** Where the data are, for commands that people copy: asked once, and the same for as long as the page is there. */
import type { OverviewAnswer } from '../../../src/protocol/overview.ts'
import { useApi } from './use-api.ts'

export function useDataDir(): string | undefined {
  return useApi<OverviewAnswer>('/admin/console').data?.dataDir
}
