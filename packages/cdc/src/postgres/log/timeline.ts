/**
 * Timelines: a standby that takes over goes on with the log under a new number. Its history says where each older one ended for it; what
 * the old server wrote behind that place, the new one never had. One line for each: number, LSN, reason, with tabs between.
 */
import { type Lsn, parseLsn } from '../pgoutput/lsn.ts'

/** Where the timeline ended; undefined: it is none of the history's. */
export function timelineEnd(history: string, timeline: number): Lsn | undefined {
  for (const line of history.split('\n')) {
    const [number, lsn] = line.trim().split(/\s+/)
    if (number === String(timeline)) return parseLsn(lsn ?? '')
  }
  return undefined
}
