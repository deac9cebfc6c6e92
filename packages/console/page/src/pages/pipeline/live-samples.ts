/**
 * The newest sample and the course of the last two minutes, outside of React: each part of the page takes out of it what it shows, and
 * is drawn again only when that has changed. So a sample costs the texts that changed, however many nodes there are.
 */
import { createContext, useContext, useSyncExternalStore } from 'react'
import type {
  EdgeSample,
  PipelineSample,
  StageSample,
  StreamSample,
} from '../../../../src/protocol/pipeline.ts'

export const historyMax = 120

export interface IndexedSample extends PipelineSample {
  readonly stage: ReadonlyMap<string, StageSample>
  readonly stream: ReadonlyMap<string, StreamSample>
  readonly items: ReadonlyMap<string, number>
}

export class LiveSamples {
  newest: IndexedSample | undefined
  /** Records a second that came in, oldest first; a new array for each sample. */
  arrivals: readonly number[] = []
  private readonly listeners = new Set<() => void>()

  push(sample: PipelineSample): void {
    this.newest = {
      ...sample,
      stage: new Map(sample.stages.map((stage) => [stage.name, stage])),
      stream: new Map(sample.streams.map((stream) => [stream.name, stream])),
      items: new Map(sample.tables.map(({ name, items }) => [name, items])),
    }
    this.arrivals = [...this.arrivals.slice(1 - historyMax), sample.arrivalsPerSecond]
    for (const listener of this.listeners) listener()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

export const LiveContext = createContext(new LiveSamples())

/** What `take` gives of the newest sample: a text, a number or the like, so that sameness can be told. */
export function useLive<T extends string | number | boolean | undefined>(
  take: (sample: IndexedSample) => T,
): T | undefined {
  const samples = useContext(LiveContext)
  return useSyncExternalStore(samples.subscribe, () =>
    samples.newest === undefined ? undefined : take(samples.newest),
  )
}

/** The sample as a whole: for parts that show most of it. */
export function useSample(): IndexedSample | undefined {
  const samples = useContext(LiveContext)
  return useSyncExternalStore(samples.subscribe, () => samples.newest)
}

export function useArrivals(): readonly number[] {
  const samples = useContext(LiveContext)
  return useSyncExternalStore(samples.subscribe, () => samples.arrivals)
}

export const noFlow: EdgeSample = { records: 0, recordsPerSecond: 0 }
