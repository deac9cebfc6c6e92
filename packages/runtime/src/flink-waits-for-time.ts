/**
 * Whether processing time alone can bring rows out of a Flink program: windows, OVER and joins on a processing-time attribute,
 * early results, and shards that count as idle after a while.
 */
import { type ChangelogProgram, nodesInOrder } from '@millrace/sql'

export function flinkWaitsForTime(program: ChangelogProgram): boolean {
  return nodesInOrder(program.sinks.map(({ plan }) => plan)).some((node) => {
    switch (node.kind) {
      case 'watermark':
        return node.idleTimeout > 0
      case 'window-assign':
        return node.window.time.kind === 'proctime'
      case 'window-aggregate':
        return node.window.time.kind === 'proctime' || node.early > 0
      case 'window-join':
      case 'window-rank':
        return node.time === 'proctime'
      case 'interval-join':
        return node.leftTime.kind === 'proctime'
      default:
        return false
    }
  })
}
