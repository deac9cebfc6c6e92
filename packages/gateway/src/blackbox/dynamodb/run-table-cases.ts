/** Runs cases of tables through a client as tests; what they did is in docs/dynamodb-compatibility.md. */
import { type RunServiceOptions, runServiceCases } from '../run-service-cases.ts'
import type { TableCase } from './cases/table-case.ts'
import { TableWorld } from './cases/table-world.ts'
import { plainTableClient } from './clients/table-clients.ts'

export function runTableCases(
  cases: readonly TableCase[],
  options: Pick<RunServiceOptions<TableWorld>, 'title' | 'kind' | 'client' | 'has'>,
): void {
  runServiceCases(cases, {
    ...options,
    admin: plainTableClient,
    world: (server, admin) => new TableWorld(server, admin),
  })
}
