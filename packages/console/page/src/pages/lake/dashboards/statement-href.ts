/** The address of a chart's statement in the workbench, which finds the text of a saved query by its name. */
import type { Chart } from '../../../../../src/protocol/dashboards.ts'
import { hrefOf } from '../../../kit/router.ts'

export function statementHref({ source, database }: Pick<Chart, 'source' | 'database'>): string {
  return hrefOf(['lake', 'sql'], {
    ...(source.kind === 'sql' ? { sql: source.sql } : { saved: source.query }),
    database,
  })
}
