/** What a stage gives to a handler beside records, for tests that call a sink's handler themselves. */
import type { FunctionContext, LogPlace } from '@millrace/runtime'

export interface TestContext extends FunctionContext {
  /** What the handler has emitted, and the warnings that it has not taken back. */
  readonly emitted: { readonly stream: string; readonly value: unknown; readonly partitionKey: string }[]
  readonly warnings: Map<string, string>
}

export function testContext(
  options: { readonly signal?: AbortSignal; readonly stage?: string; readonly log?: Partial<LogPlace> } = {},
): TestContext {
  const { signal = new AbortController().signal, stage = 'sink', log } = options
  const emitted: TestContext['emitted'] = []
  const warnings = new Map<string, string>()
  const place = { stream: 'near', uid: 'near-uid', shard: 0, lane: 0, lanes: 1, sequences: [], ...log }
  return {
    stage,
    shard: place.shard,
    attempt: 1,
    signal,
    log: place,
    emitted,
    warnings,
    warn: (code, message) => {
      if (message === undefined) warnings.delete(code)
      else warnings.set(code, message)
    },
    emit: (stream, value, { partitionKey }) => {
      emitted.push({ stream: typeof stream === 'string' ? stream : stream.name, value, partitionKey })
    },
  }
}
