/**
 * Which call is at which key of `context.once`, within a stage: the first one that asks runs the work and holds the key until its
 * record's fate is committed, or until its call has failed; others wait for that and look again. All calls of a stage are on
 * one thread, so nothing else has to be locked.
 */

/** A call as far as keys are concerned. */
export class OnceHolder {
  /** Keys whose work this call runs or has run. */
  readonly held = new Set<string>()
  /** Keys of others that it waits for. */
  readonly awaited = new Set<string>()
  private waiters: (() => void)[] = []

  /** Resolves when the call lets go of a key. */
  letGo(): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push(resolve)
    })
  }

  wake(): void {
    const { waiters } = this
    this.waiters = []
    for (const wake of waiters) wake()
  }
}

export class OnceKeys {
  private readonly holders = new Map<string, OnceHolder>()

  holder(key: string): OnceHolder | undefined {
    return this.holders.get(key)
  }

  take(key: string, holder: OnceHolder): void {
    this.holders.set(key, holder)
    holder.held.add(key)
  }

  release(key: string, holder: OnceHolder): void {
    // Its call may be over, and the key another's by now.
    if (this.holders.get(key) === holder) this.holders.delete(key)
    holder.held.delete(key)
    holder.wake()
  }

  /** The call is over: its results are stored, or lost with it. */
  releaseAll(holder: OnceHolder): void {
    for (const key of holder.held) this.holders.delete(key)
    holder.held.clear()
    holder.wake()
  }

  /** Whether waiting for the key would never end, because its holder waits, through others perhaps, for `holder`. */
  closesCycle(key: string, holder: OnceHolder): boolean {
    const seen = new Set<OnceHolder>()
    const next = [this.holders.get(key)]
    for (let other = next.pop(); other !== undefined; other = next.pop()) {
      if (other === holder) return true
      if (seen.has(other)) continue
      seen.add(other)
      for (const awaited of other.awaited) {
        const owner = this.holders.get(awaited)
        if (owner !== undefined) next.push(owner)
      }
    }
    return false
  }
}
