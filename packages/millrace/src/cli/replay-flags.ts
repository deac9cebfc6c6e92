/** The flags of `millrace replay`, and which of them go together. */
import { slicesMax } from '@millrace/connect'
import { systemClock } from '@millrace/values'
import { MillraceError } from '../error.ts'

export interface ReplayFlags {
  readonly file: string | undefined
  readonly stream: string | undefined
  readonly into: string | undefined
  readonly out: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly speed: string | undefined
  readonly slices: number | undefined
  readonly fanOut: boolean
  readonly follow: boolean
  readonly deaggregate: boolean
  readonly withMetadata: boolean
  readonly timePath: string | undefined
  readonly keyPath: string | undefined
  readonly key: string | undefined
  readonly aggregate: number | 'usual' | undefined
  readonly endpoint: string | undefined
  readonly dataDir: string | undefined
  readonly json: boolean
}

const ofStreams = ['slices', 'fanOut', 'follow', 'deaggregate', 'withMetadata', 'out'] as const
const ofFiles = ['timePath', 'keyPath', 'key'] as const

/** Errors: USAGE. */
export function checkReplayFlags(flags: ReplayFlags): void {
  const { file, stream, into, out } = flags
  const given = (name: keyof ReplayFlags) => flags[name] !== undefined && flags[name] !== false
  if ((file === undefined) === (stream === undefined))
    throw usage('a replay is of a file or of a stream.', 'Give --file FILE or --stream NAME.')
  const foreign = (file === undefined ? ofFiles : ofStreams).find(given)
  if (foreign !== undefined)
    throw usage(`${flagOf(foreign)} is for the replay of a ${file === undefined ? 'file' : 'stream'}.`)
  if ((into === undefined) === (out === undefined)) {
    const next = file === undefined ? 'Give --into STREAM or --out FILE.' : 'Give --into STREAM.'
    throw usage('a replay goes into a stream or a file.', next)
  }
  if (into === undefined && given('aggregate')) throw usage('--aggregate is for --into.')
  if (out === undefined && given('withMetadata')) throw usage('--with-metadata is for --out.')
  if (file !== undefined) checkFile(flags)
  else checkStream(flags)
}

function checkFile({ timePath, speed, from, to }: ReplayFlags): void {
  const needs = from ?? to ?? (speed === 'max' ? undefined : speed)
  if (timePath === undefined && needs !== undefined)
    throw usage(
      '--from, --to and --speed go by the time in each line.',
      'Say where it is, for example --time-path $.metadata.timestamp.',
    )
}

function checkStream({ slices, speed, to, follow }: ReplayFlags): void {
  if (slices !== undefined && slices > slicesMax)
    throw usage(`--slices is ${slices}.`, `Give 1 to ${slicesMax}.`)
  if (slices !== undefined && slices > 1 && speed !== undefined && speed !== 'max')
    throw usage(
      'slices are read side by side, so they have no common speed.',
      'Leave out --slices or --speed.',
    )
  if (follow && to !== undefined && to !== 'now')
    throw usage('--follow goes on from now.', 'Leave out --to or --follow.')
}

/** Infinity for `max`. */
export function speedOf(text: string | undefined): number {
  if (text === undefined || text === 'max') return Number.POSITIVE_INFINITY
  const speed = /^\d{1,12}(\.\d+)?$/.test(text) ? Number(text) : 0
  if (speed > 0) return speed
  throw usage(`--speed is ${JSON.stringify(text)}.`, 'Give max, or a number above 0, like 1, 60 or 0.5.')
}

/** Undefined for `open`, the word that leaves this end open. */
export function timeOf(flag: string, text: string | undefined, open: string): number | undefined {
  if (text === undefined || text === open) return undefined
  const time = /^\d{10,}(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isFinite(time)) return Math.floor(time)
  const example = new Date(systemClock.now()).toISOString()
  throw usage(
    `${flag} is ${JSON.stringify(text)}.`,
    `Allowed: ${open}, a time like ${example}, or ms since 1970.`,
  )
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function usage(what: string, next = 'See: millrace replay --help'): MillraceError {
  return new MillraceError('USAGE', what, { next })
}
