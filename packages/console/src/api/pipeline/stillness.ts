/**
 * Where nothing comes out of a pipeline: one sentence that says why, from what one look after the other counts. It is asked once a
 * sample and is cheap; what holds the time of a query back is asked of `findings`, which restores watermarks from the store, and is
 * asked rarely: when a query takes records and gives none, at most once in `findingsEveryMs`.
 */
import type { Finding } from '@millrace/runtime'
import type { Why } from '../../protocol/pipeline.ts'
import type { DrawnLook } from './make-sample.ts'
import type { KnownStage } from './stage-list.ts'

/** Shorter pauses are the ordinary beat of a pipeline. */
const patienceMs = 5_000
const findingsEveryMs = 30_000

interface Mark {
  value: number
  /** When it was last seen to change. */
  at: number
}

export class Stillness {
  private readonly findings: () => readonly Finding[]
  private readonly marks = new Map<string, Mark>()
  private found: readonly Finding[] = []
  private foundAt = Number.NEGATIVE_INFINITY

  constructor(findings: () => readonly Finding[]) {
    this.findings = findings
  }

  /** Why nothing comes out; undefined while something does, or has done so until just now. */
  next({ look, drawn }: DrawnLook): Why | undefined {
    const { at, app, counts, stages, flows } = look
    const quiet = (key: string, value: number): number => {
      const mark = this.marks.get(key)
      if (mark === undefined || mark.value !== value) {
        this.marks.set(key, { value, at })
        return 0
      }
      return at - mark.at
    }
    // All marks are kept up to date, whatever is answered.
    const still = stages.map((stage) => {
      const flow = flows.get(stage.name)
      const { out = 0, emitted = 0 } = flow?.ledger ?? {}
      const lag = flow?.inputs.reduce((sum, input) => sum + input.lag, 0) ?? 0
      return {
        stage,
        now: counts?.now.find(({ name }) => name === stage.name),
        lag,
        taken: flow?.taken ?? 0,
        waiting: look.waiting.get(stage.name) ?? 0,
        inFlight: flow?.inFlight ?? 0,
        takenFor: quiet(`in ${stage.name}`, flow?.taken ?? 0),
        gaveFor: quiet(`out ${stage.name}`, stage.kind === 'query' ? emitted : out),
      }
    })
    const failed = still.find(({ now }) => now?.state === 'failed')
    if (failed !== undefined)
      return {
        message: `${nameOf(failed.stage)} has stopped${failed.now?.failure === undefined ? '' : `: ${firstLine(failed.now.failure)}`}.`,
        next: 'What is committed is safe. Mend the cause and start the app again: it continues where it stopped.',
        tone: 'bad',
        stage: failed.stage.name,
      }
    if (app === undefined)
      return {
        message: 'No app runs on this data directory: its streams and tables are shown as they are.',
        next: 'Run one here: millrace run APP --data-dir DIRECTORY',
        tone: 'plain',
      }
    if (counts === undefined)
      return {
        message: `${app.definition.name} is starting.`,
        next: 'Its stages recover what they hold.',
        tone: 'plain',
      }
    const feeding = new Set(drawn.graph.edges.filter(({ kind }) => kind === 'data').map(({ from }) => from))
    const isLast = ({ stage }: (typeof still)[number]) =>
      stage.kind !== 'source' &&
      drawn.graph.edges.every(
        ({ from, to, kind }) =>
          from !== `stage:${stage.name}` || kind !== 'data' || !to.startsWith('stream:') || !feeding.has(to),
      )
    const last = still.filter(isLast)
    const ends = last.length > 0 ? last : still
    if (ends.some(({ gaveFor }) => gaveFor < patienceMs)) return undefined
    const held = still.find(({ now }) => now?.waitsFor !== undefined)
    const stuck = still.find(
      ({ lag, takenFor, gaveFor, stage }) =>
        lag > 0 && takenFor >= patienceMs && gaveFor >= patienceMs && stage.kind !== 'source',
    )
    if (stuck !== undefined) return this.stuckWhy(stuck)
    if (held?.now?.waitsFor !== undefined)
      return {
        message: `${nameOf(held.stage)} waits for those who read stream ${held.now.waitsFor.stream}: they are too far behind.`,
        next: 'Look at the stages after that stream: they are slow, or have stopped.',
        tone: 'warn',
        stage: held.stage.name,
      }
    const silent = still.find(
      ({ stage, taken, gaveFor }) => stage.kind === 'query' && taken > 0 && gaveFor >= patienceMs,
    )
    const moving = still.some(({ takenFor, stage }) => stage.kind !== 'source' && takenFor < patienceMs)
    const finding = silent && this.findingOf(silent.stage.name, at)
    if (silent !== undefined && finding !== undefined)
      return {
        message: sentence(finding.message),
        next: finding.next,
        tone: 'warn',
        stage: silent.stage.name,
      }
    if (silent !== undefined && moving)
      return {
        message: `${nameOf(silent.stage)} takes records in, but none of them has led to a row for ${seconds(silent.gaveFor)}.`,
        next: 'Its conditions leave them out, or it waits for rows of another input: open it to see its steps.',
        tone: 'warn',
        stage: silent.stage.name,
      }
    const buffering = still.find(({ stage, inFlight }) => stage.kind === 'delivery' && inFlight > 0)
    if (buffering !== undefined)
      return {
        message: `${nameOf(buffering.stage)} holds ${buffering.inFlight.toLocaleString('en')} records in its buffers.`,
        next: bufferWords(buffering.stage),
        tone: 'plain',
        stage: buffering.stage.name,
      }
    return noInput(
      still.filter(({ stage }) => stage.kind === 'source'),
      Math.min(...ends.map(({ gaveFor }) => gaveFor)),
    )
  }

  private stuckWhy({ stage, lag, waiting, takenFor, now }: Standing): Why {
    const letters = waiting === 0 ? '' : ` ${waiting} of its records are dead letters.`
    return {
      message: `${nameOf(stage)} has ${lag.toLocaleString('en')} records waiting and has taken none for ${seconds(takenFor)}.${letters}`,
      next:
        now?.state === 'done'
          ? 'It has ended: start the app again.'
          : stage.kind === 'function'
            ? 'Its handler may be failing and tried again: look at its logs and dead letters.'
            : 'Look at the warnings and at its error stream.',
      tone: 'warn',
      stage: stage.name,
    }
  }

  private findingOf(stage: string, at: number): Finding | undefined {
    if (at - this.foundAt >= findingsEveryMs) {
      this.foundAt = at
      this.found = this.findings()
    }
    return this.found.find((each) => each.stage === stage && each.kind === 'time')
  }
}

interface Standing {
  readonly stage: KnownStage
  readonly now: { readonly state: string } | undefined
  readonly lag: number
  readonly waiting: number
  readonly takenFor: number
}

function noInput(
  sources: readonly { readonly stage: KnownStage; readonly now: { readonly state: string } | undefined }[],
  forMs: number,
): Why {
  if (sources.length > 0 && sources.every(({ now }) => now?.state === 'done'))
    return {
      message: 'All sources have come to their end, and everything they gave has been processed.',
      next: 'Put records into a stream to see more, or start the app with a source that goes on.',
      tone: 'plain',
    }
  const running = sources.filter(({ now }) => now?.state === 'running').map(({ stage }) => stage.title)
  if (running.length > 0)
    return {
      message: `Nothing has come in for ${seconds(forMs)}: ${running.length === 1 ? `source ${running[0]} runs` : `sources ${running.join(', ')} run`}, but ${running.length === 1 ? 'gives' : 'give'} no records.`,
      next: 'Look whether there is anything new where it reads from: millrace doctor APP.',
      tone: 'plain',
      stage: running[0] ?? '',
    }
  return {
    message: `Nothing has come in for ${seconds(forMs)}.`,
    next: 'Put a record into a stream: open it and choose Put, or use millrace put.',
    tone: 'plain',
  }
}

function bufferWords({ delivery }: KnownStage): string {
  const { buffering } = delivery?.settings.destination ?? {}
  if (buffering === undefined) return 'They go when a buffer is full or old enough.'
  return `They go when a buffer has ${Math.round((buffering.bytes / 2 ** 20) * 10) / 10} MiB or is ${seconds(buffering.ms)} old.`
}

const kinds = { source: 'Source', query: 'Query', function: 'Function', delivery: 'Delivery' } as const

function nameOf({ kind, title }: KnownStage): string {
  return `${kinds[kind]} ${title}`
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replace(/\.$/, '')
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
