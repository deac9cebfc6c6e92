import { VirtualClock } from '@millrace/values'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import type { HandlerProcess, ProcessEvents, StartProcess } from './handler-process.ts'
import type { LambdaCode, LambdaOutcome } from './lambda-port.ts'
import { type LambdaRunnerOptions, ProcessLambdaRunner } from './process-lambda-runner.ts'
import { lambdaCode } from './testing/lambda-kit.ts'

/** Processes that do what the test says, in virtual time. */
class FakeProcesses {
  readonly clock = new VirtualClock(Date.UTC(2026, 0, 1))
  readonly started: FakeProcess[] = []
  memoryMb = 10

  readonly start: StartProcess = (_job, events) => {
    const process = new FakeProcess(events, () => this.memoryMb)
    this.started.push(process)
    return process
  }

  get alive(): number {
    return this.started.filter(({ ended }) => !ended).length
  }

  runner(
    settings: Partial<LambdaCode> = {},
    options: Partial<LambdaRunnerOptions> = {},
  ): ProcessLambdaRunner {
    const code = lambdaCode('/nowhere', { timeoutMs: 3000, ...settings })
    const runner = new ProcessLambdaRunner({ code, clock: this.clock, start: this.start, ...options })
    onTestFinished(() => runner.close())
    return runner
  }
}

class FakeProcess implements HandlerProcess {
  readonly events: ProcessEvents
  readonly memory: () => number
  readonly asked: string[] = []
  ended = false

  constructor(events: ProcessEvents, memory: () => number) {
    this.events = events
    this.memory = memory
  }

  invoke(_head: unknown, event: string): void {
    this.asked.push(event)
  }

  kill(): void {
    if (this.ended) return
    this.ended = true
    queueMicrotask(() => this.events.exited({ code: null, signal: 'SIGKILL' }))
  }

  memoryMb(): number {
    return this.memory()
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('an invocation', () => {
  it('has its timeout from when the handler is entered, not from its start', async () => {
    const fakes = new FakeProcesses()
    const outcome = fakes.runner().invoke('{}')
    await fakes.clock.advance(5000)
    const [process] = fakes.started
    process?.events.loaded()
    await turns()
    await fakes.clock.advance(2999)
    expect(fakes.alive).toBe(1)
    await fakes.clock.advance(1)
    expect(fakes.alive).toBe(0)
    expect(await outcome).toMatchObject({
      kind: 'failed',
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/Task timed out after 3\.00 seconds$/),
      },
      durationMs: 3000,
      initMs: 5000,
      log: expect.arrayContaining([
        expect.stringMatching(/^2026-01-01T00:00:08\.000Z \S+ Task timed out after 3\.00 seconds$/),
      ]),
    })
  })

  it('whose handler never loads fails in time', async () => {
    const fakes = new FakeProcesses()
    const outcome = fakes.runner().invoke('{}')
    await turns()
    await fakes.clock.advance(10_000)
    expect(await outcome).toMatchObject({
      kind: 'failed',
      error: { errorType: 'Sandbox.Timedout' },
      initMs: undefined,
    })
    expect(fakes.alive).toBe(0)
  })

  it('of a process that holds too much memory fails', async () => {
    const fakes = new FakeProcesses()
    const outcome = fakes.runner({ memoryMb: 128 }).invoke('{}')
    await turns()
    fakes.started[0]?.events.loaded()
    await turns()
    fakes.memoryMb = 128
    await fakes.clock.advance(200)
    expect(fakes.alive).toBe(1)
    fakes.memoryMb = 129
    await fakes.clock.advance(100)
    expect(await outcome).toMatchObject({
      kind: 'failed',
      error: { errorType: 'Runtime.ExitError' },
      memoryUsedMb: 129,
    })
  })

  it('is throttled where the system starts no process, and beyond the reserved concurrency of all runners', async () => {
    const none = new FakeProcesses()
    const start: StartProcess = () => {
      throw new Error('spawn EAGAIN')
    }
    expect(await none.runner({}, { start }).invoke('{}')).toEqual({
      kind: 'throttled',
      reason: 'no process could be started: Error: spawn EAGAIN',
    })

    const shared = ConcurrencyLimit.makeShared()
    const fakes = new FakeProcesses()
    const settings = { reservedConcurrency: 2 }
    const runners = [0, 1].map(() => fakes.runner(settings, { limit: new ConcurrencyLimit(2, shared) }))
    const running = runners.map((runner) => runner.invoke('{}'))
    for (const runner of runners) expect(await runner.invoke('{}')).toMatchObject({ kind: 'throttled' })
    for (const process of fakes.started) process.events.loaded()
    await turns()
    for (const process of fakes.started) process.events.returned('1', 50)
    expect((await Promise.all(running)).map(({ kind }) => kind)).toEqual(['returned', 'returned'])
    const next = runners[0]?.invoke('{}')
    await turns()
    fakes.started[0]?.events.returned('2', 50)
    expect(await next).toMatchObject({ kind: 'returned', payload: '2' })
  })
})

describe('processes', () => {
  it('are made as invocations need them, up to a bound beyond which these wait their turn', async () => {
    const fakes = new FakeProcesses()
    const runner = fakes.runner({}, { processesMax: 2 })
    const outcomes: LambdaOutcome[] = []
    const all = [1, 2, 3, 4].map((n) => runner.invoke(String(n)).then((outcome) => outcomes.push(outcome)))
    await turns()
    expect(fakes.started).toHaveLength(2)
    for (const process of fakes.started) process.events.loaded()
    for (let i = 0; i < 4; i++) {
      await turns()
      const process = fakes.started.find(({ asked }) => asked.length > 0)
      const event = process?.asked.pop() ?? 'none'
      process?.events.returned(event, 50)
    }
    await Promise.all(all)
    expect(fakes.started).toHaveLength(2)
    expect(
      outcomes.map((outcome) => (outcome.kind === 'returned' ? outcome.payload : outcome.kind)).sort(),
    ).toEqual(['1', '2', '3', '4'])
  })

  it('end when they have been idle for long, the one used last is used first', async () => {
    const fakes = new FakeProcesses()
    const runner = fakes.runner({}, { idleMs: 60_000 })
    const two = [runner.invoke('a'), runner.invoke('b')]
    await turns()
    for (const process of fakes.started) process.events.loaded()
    await turns()
    for (const process of fakes.started) process.events.returned('1', 50)
    await Promise.all(two)
    await fakes.clock.advance(30_000)
    const again = runner.invoke('c')
    await turns()
    expect(fakes.started[1]?.asked).toEqual(['b', 'c'])
    fakes.started[1]?.events.returned('1', 50)
    await again
    await fakes.clock.advance(30_000)
    expect(fakes.started.map(({ ended }) => ended)).toEqual([true, false])
    await fakes.clock.advance(30_000)
    expect(fakes.alive).toBe(0)
    // Nothing is left that looks after processes.
    await fakes.clock.advance(1000)
    expect(fakes.clock.pending).toBe(0)
  })

  it('of older code finish what they run, and nothing more', async () => {
    const fakes = new FakeProcesses()
    const runner = fakes.runner()
    const old = runner.invoke('old')
    await turns()
    fakes.started[0]?.events.loaded()
    await turns()
    runner.reload()
    fakes.started[0]?.events.returned('"old"', 50)
    expect(await old).toMatchObject({ kind: 'returned' })
    expect(fakes.alive).toBe(0)
    void runner.invoke('new')
    await turns()
    expect(fakes.started).toHaveLength(2)
  })

  it('that fail fatally are not used again, though their end is still to be seen', async () => {
    const fakes = new FakeProcesses()
    const runner = fakes.runner()
    const first = runner.invoke('1')
    await turns()
    fakes.started[0]?.events.loaded()
    await turns()
    fakes.started[0]?.events.failed({ errorType: 'E', errorMessage: 'm', stackTrace: [] }, 50, true)
    expect(await first).toMatchObject({ kind: 'failed', error: { errorType: 'E' } })
    void runner.invoke('2')
    await turns()
    expect(fakes.started).toHaveLength(2)
  })
})
