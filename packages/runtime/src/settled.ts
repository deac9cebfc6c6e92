/** What a lane hands to the commit. */
import type { FunctionShard } from './function-shard.ts'
import type { Invocation } from './invocation.ts'
import type { Lane, LaneBatch } from './lane.ts'

/** A batch whose fate is decided: `invocation` holds its writes, undefined when all of it is dead. */
export interface Settled {
  readonly shard: FunctionShard
  readonly lane: Lane
  readonly batch: LaneBatch
  readonly invocation: Invocation | undefined
}
