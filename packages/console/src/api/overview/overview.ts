/**
 * What the shell of the page shows of a data directory: who runs here, counts that matter, and what somebody should look at. It is asked
 * every few seconds by every page that is open, so it reads counts alone: one record for each stream, table and stage.
 */
import { readFileSync } from 'node:fs'
import type { StageLive, StageReport } from '@millrace/runtime'
import type { Named, NamesAnswer, OverviewAnswer, Trouble } from '../../protocol/overview.ts'

export interface OverviewPlaces {
  readonly dir: string
  readonly app: OverviewDoor | undefined
  /** Names of the alarms that ring. */
  readonly alarms: () => readonly string[]
  /** Dead letters that wait. */
  readonly deadLetters: () => number
  readonly streams: () => readonly string[]
  /** Keyed tables alone, not what stages keep for themselves. */
  readonly tables: () => readonly string[]
  readonly datasets: () => readonly string[]
  readonly notebooks: () => readonly string[]
}

/** Of an AppDoor, what is read here. */
export interface OverviewDoor {
  readonly file: string
  readonly definition: {
    readonly name: string
    readonly streams: readonly { readonly name: string }[]
    readonly stages: readonly { readonly name: string; readonly kind: StageReport['kind'] }[]
  }
  readonly app:
    | {
        snapshot(): {
          readonly ledgerBalanced: boolean
          readonly live: readonly Pick<StageLive, 'name' | 'kind' | 'state'>[]
        }
      }
    | undefined
}

const namesMax = 5_000
/** Troubles beyond this say nothing new. */
const troublesMax = 20

export function overviewOf(places: OverviewPlaces): OverviewAnswer {
  const { dir, app } = places
  const ringing = places.alarms()
  return {
    version,
    dataDir: dir,
    app:
      app === undefined
        ? null
        : { name: app.definition.name, file: app.file, isStarted: app.app !== undefined },
    counts: {
      streams: places.streams().length,
      tables: places.tables().length,
      deadLetters: places.deadLetters(),
      alarms: ringing.length,
    },
    troubles: [
      ...(app?.app === undefined ? [] : stageTroubles(app.app)),
      ...ringing.map((name): Trouble => ({ tone: 'warn', text: `The alarm "${name}" rings.` })),
    ].slice(0, troublesMax),
    story: app === undefined ? {} : storyOf(app.definition, places.notebooks()),
  }
}

/** The notebook that has the app's name is meant before others. */
function storyOf(
  { name, stages }: OverviewDoor['definition'],
  notebooks: readonly string[],
): OverviewAnswer['story'] {
  const query = stages.find(({ kind }) => kind === 'query')?.name
  const notebook = notebooks.includes(name) ? name : notebooks[0]
  return {
    ...(query === undefined ? {} : { query }),
    ...(notebook === undefined ? {} : { notebook }),
  }
}

function stageTroubles(app: NonNullable<OverviewDoor['app']>): Trouble[] {
  const { live, ledgerBalanced } = app.snapshot()
  const failed = live.filter(({ state }) => state === 'failed')
  return [
    ...failed.map(
      ({ name, kind }): Trouble => ({
        tone: 'bad',
        text: `The ${kind} "${name}" has failed; the app is ending.`,
        stage: name,
      }),
    ),
    ...(ledgerBalanced
      ? []
      : [
          {
            tone: 'bad',
            text: 'The ledger does not balance: a stage counted other records than it read.',
          } as const,
        ]),
  ]
}

/** All that the command palette can go to. */
export function namesOf({ app, ...places }: OverviewPlaces): NamesAnswer {
  const stages = app?.definition.stages ?? []
  const own = new Set(app?.definition.streams.map(({ name }) => name))
  const streams = places.streams()
  const names: Named[] = [
    ...stages.map(({ name, kind }): Named => ({ kind: 'stage', name, about: kind })),
    ...places.notebooks().map((name): Named => ({ kind: 'notebook', name })),
    ...streams.filter((name) => own.has(name)).map((name): Named => ({ kind: 'stream', name })),
    ...places.tables().map((name): Named => ({ kind: 'table', name })),
    ...places.datasets().map((name): Named => ({ kind: 'dataset', name })),
    ...streams.filter((name) => !own.has(name)).map((name): Named => ({ kind: 'stream', name })),
  ]
  return { names: names.slice(0, namesMax) }
}

/** All packages of the project have one version. */
const version = readVersion()

function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  )
  const isKnown = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return isKnown ? String(manifest.version) : 'unknown'
}
