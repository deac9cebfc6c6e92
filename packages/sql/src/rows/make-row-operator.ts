/** The running operator of a RowsNode. */
import type { RowsNode } from '../plan.ts'
import { DistinctRows } from './distinct.ts'
import { GroupRankedRows } from './group-rank.ts'
import { HotspotRows } from './hotspots.ts'
import { InOrderRows } from './in-order.ts'
import { RandomCutForestRows } from './random-cut-forest.ts'
import type { RowOperator } from './row-operator.ts'
import { SortedRows, TimeSortedRows } from './sort.ts'
import { StaggerRows } from './stagger.ts'
import { TumblingItems } from './tumbling.ts'

export function makeRowOperator({ operator, args, passed }: RowsNode): RowOperator {
  const operands = args.slice(passed)
  switch (operator.kind) {
    case 'in-order':
      return new InOrderRows()
    case 'distinct':
      return new DistinctRows(operator, operands, passed)
    case 'sort':
      return new SortedRows(operator, operands, passed)
    case 'time-sort':
      return new TimeSortedRows(operator, passed)
    case 'stagger':
      return new StaggerRows(operator, operands)
    case 'top-k':
    case 'count-distinct':
      return new TumblingItems(operator, operands)
    case 'group-rank':
      return new GroupRankedRows(operator, operands, passed)
    case 'random-cut-forest':
      return new RandomCutForestRows(operator, passed)
    case 'hotspots':
      return new HotspotRows(operator, passed)
  }
}
