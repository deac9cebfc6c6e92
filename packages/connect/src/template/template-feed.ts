/**
 * Records of a template, one after the other, each with the time at which it is due. Record i follows from the seed, i and the time
 * that it is made for, so a feed goes on at any record; only what reads the clock (`date.now`) differs then.
 *
 * The records of a second are due at its beginning. Due times are an open loop: what was held up is caught up with.
 */
import { findZone, type Random, randomAt, type Zone } from '@millrace/values'
import { assertIntegerOption, assertPositiveOption, ConnectError } from '../errors.ts'
import { type PeriodicRate, readPeriodicRate, recordsOfSecond } from './periodic-rate.ts'
import { compileTemplate, type Template } from './template.ts'
import { loadWords, type Words } from './words.ts'

export interface TemplateFeedOptions {
  /** Text with calls: `{"id": {{random.number(1000)}}}`. */
  readonly template: string
  /** For messages; `template` unless given. */
  readonly name?: string
  /** Equal seeds give equal records; 1 unless given. */
  readonly seed?: number
  /** Records a second; as fast as possible if neither this nor `periodic` is given. */
  readonly rate?: number
  /** Means and deviations by weekday and hour: see docs/generator.md. */
  readonly periodic?: object
  /** Records in all; endless unless given. */
  readonly count?: number
  /** Of `date.now` and of the hours of periodic rates; that of the machine unless given. */
  readonly timeZone?: string
  /** A newline behind each record; true unless given. */
  readonly newline?: boolean
}

export interface FedRecord {
  /** A random integer below 1e10. */
  readonly key: string
  readonly data: string
  /** ms; when it was due, 0 where nothing paces. */
  readonly due: number
}

/** Where a feed stands, as JSON. */
export interface FeedPosition {
  /** Records so far. */
  readonly index: number
  /** Of a simulated clock: seconds that are over, and records of the one that is not. */
  readonly second: number
  readonly taken: number
}

const rateMax = 1_000_000
const keyBelow = 10_000_000_000
/** Seconds without a record that are looked ahead at once, so that an endless pause is no endless loop. */
const quietSecondsMax = 100_000

export class TemplateFeed {
  /** What decides the records' content, as JSON text. */
  readonly identity: string
  readonly #template: Template
  readonly #zone: Zone
  readonly #seed: number
  readonly #count: number
  readonly #rate: number | undefined
  readonly #periodic: PeriodicRate | undefined
  readonly #ending: string
  #words: Words | undefined
  #isStarted = false
  #startTime = 0
  #firstIndex = 0
  #firstSecond = 0
  #index = 0
  /** Of periodic rates: seconds since the start, or since the simulation's begin; records of this one, and those taken. */
  #second = 0
  #taken = 0
  #size = 0

  /** Errors: TEMPLATE_INVALID, TEMPLATE_RATE, SOURCE_OPTION. */
  constructor(options: TemplateFeedOptions) {
    const { name = 'template', seed = 1, rate, periodic, count, timeZone, newline = true } = options
    assertIntegerOption(name, 'seed', seed, { min: 0, max: Number.MAX_SAFE_INTEGER })
    if (count !== undefined)
      assertIntegerOption(name, 'count', count, { min: 0, max: Number.MAX_SAFE_INTEGER })
    if (rate !== undefined) assertPositiveOption(name, 'rate', rate, rateMax)
    if (rate !== undefined && periodic !== undefined) {
      throw new ConnectError(
        'SOURCE_OPTION',
        `${name}: "rate" and "periodic" are both given; give one of them.`,
      )
    }
    this.#template = compileTemplate(options.template, name)
    this.#zone = zoneOf(name, timeZone)
    this.#seed = seed
    this.#count = count ?? Number.POSITIVE_INFINITY
    this.#rate = rate
    this.#periodic = periodic && readPeriodicRate(periodic)
    this.#ending = newline ? '\n' : ''
    this.identity = JSON.stringify({
      seed,
      template: options.template,
      simulate: this.#periodic?.simulation ?? null,
    })
  }

  /** To be called once before the first record; `now` is the time from which rates count. */
  async start(now: number, position?: FeedPosition): Promise<void> {
    if (this.#template.needsWords) this.#words = await loadWords()
    this.#isStarted = true
    this.#startTime = now
    this.#index = position?.index ?? 0
    this.#firstIndex = this.#index
    const isSimulated = this.#periodic?.simulation !== undefined
    this.#second = isSimulated ? (position?.second ?? 0) : 0
    this.#firstSecond = this.#second
    this.#taken = isSimulated ? (position?.taken ?? 0) : 0
    if (this.#periodic !== undefined) this.#size = this.#sizeOf(this.#periodic, this.#second)
  }

  get position(): FeedPosition {
    return { index: this.#index, second: this.#second, taken: this.#taken }
  }

  /** When the next record is due, ms, -Infinity for at once; undefined when there is none any more. */
  due(): number | undefined {
    if (this.#index >= this.#count) return undefined
    if (this.#periodic !== undefined) return this.#periodicDue(this.#periodic)
    if (this.#rate === undefined) return Number.NEGATIVE_INFINITY
    // A second's records come at once, as the tool sends them.
    return this.#startTime + Math.floor((this.#index - this.#firstIndex) / this.#rate) * 1000
  }

  /** The next record, made at `now`; only after `due` has told a time. */
  take(now: number): FedRecord {
    if (!this.#isStarted) throw new Error('a feed is started before its first record')
    const due = this.due()
    if (due === undefined) throw new Error('there is no record any more')
    const random = randomAt(this.#seed, this.#index++)
    const simulation = this.#periodic?.simulation
    const simulated = simulation === undefined ? now : simulation.from + this.#second * 1000
    this.#taken++
    const key = String(random.below(keyBelow))
    const context = { random, now, simulated, zone: this.#zone, words: this.#words }
    return { key, data: this.#template.render(context) + this.#ending, due: Math.max(0, due) }
  }

  #periodicDue(periodic: PeriodicRate): number | undefined {
    const { simulation } = periodic
    for (let quiet = 0; ; quiet++) {
      if (simulation !== undefined && simulation.from + this.#second * 1000 >= simulation.to) return undefined
      if (this.#taken < this.#size) break
      // Nothing for a day: the question comes again when that time has passed.
      if (quiet >= quietSecondsMax && simulation === undefined) break
      this.#second++
      this.#taken = 0
      this.#size = this.#sizeOf(periodic, this.#second)
    }
    if (simulation === undefined) return this.#startTime + this.#second * 1000
    const tick = Math.floor((this.#second - this.#firstSecond) / simulation.secondsPerTick)
    return this.#startTime + tick * simulation.tickMs
  }

  #sizeOf(periodic: PeriodicRate, second: number): number {
    const from = periodic.simulation?.from ?? Math.floor(this.#startTime / 1000) * 1000
    const time = from + second * 1000
    // Of the second itself, so that a simulation is the same whenever it is continued.
    const random: Random = randomAt(`${this.#seed} rate`, Math.floor(time / 1000))
    return recordsOfSecond(periodic, time, this.#zone, random)
  }
}

function zoneOf(name: string, timeZone: string | undefined): Zone {
  const wanted = timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone
  const zone = findZone(wanted)
  if (zone !== undefined) return zone
  throw new ConnectError(
    'SOURCE_OPTION',
    `${name}: the time zone ${JSON.stringify(wanted)} is not known. Give an IANA name, like Europe/Berlin.`,
  )
}
