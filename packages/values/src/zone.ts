/**
 * Time zones: an instant as local time and back, by the IANA data that comes with the platform (Intl.DateTimeFormat). Known
 * besides IANA names: UTC, GMT, Z, offsets such as +08:00, GMT-8, UTC+5:30, and Java's three-letter names (PST, CST, ...).
 *
 * A local time that a clock change skips (a gap) is moved on by the length of the gap; one that comes twice (an overlap) is
 * the earlier instant. Java does the same, so Flink does.
 *
 * Offsets are looked up for spans of two days, of which the zone keeps the last few thousand: a span holds the offsets at
 * its ends and the instant of the change between them. Two changes within one span are not seen; no zone has them today.
 */
import { dayMs, daysFromCivil } from './time.ts'

const spanMs = 2 * dayMs
const spansMax = 4096
const zonesMax = 1024

interface Span {
  readonly before: number
  readonly after: number
  /** First instant at which `after` holds. */
  readonly change: number
}

/** Made by `findZone` alone. */
export interface Zone {
  /** As it was asked for. */
  readonly name: string
  /** As the platform knows it; undefined for UTC and offsets. */
  readonly region: string | undefined
  readonly format: Intl.DateTimeFormat | undefined
  /** ms east of UTC when there is no format. */
  readonly fixed: number
  readonly spans: Map<number, Span>
}

const zones = new Map<string, Zone | undefined>()

const javaNames: Readonly<Record<string, string>> = {
  ACT: 'Australia/Darwin',
  AET: 'Australia/Sydney',
  AGT: 'America/Argentina/Buenos_Aires',
  ART: 'Africa/Cairo',
  AST: 'America/Anchorage',
  BET: 'America/Sao_Paulo',
  BST: 'Asia/Dhaka',
  CAT: 'Africa/Harare',
  CNT: 'America/St_Johns',
  CST: 'America/Chicago',
  CTT: 'Asia/Shanghai',
  EAT: 'Africa/Addis_Ababa',
  ECT: 'Europe/Paris',
  IET: 'America/Indiana/Indianapolis',
  IST: 'Asia/Kolkata',
  JST: 'Asia/Tokyo',
  MIT: 'Pacific/Apia',
  NET: 'Asia/Yerevan',
  NST: 'Pacific/Auckland',
  PLT: 'Asia/Karachi',
  PNT: 'America/Phoenix',
  PRT: 'America/Puerto_Rico',
  PST: 'America/Los_Angeles',
  SST: 'Pacific/Guadalcanal',
  VST: 'Asia/Ho_Chi_Minh',
}

/** Undefined: there is no such zone. */
export function findZone(name: string): Zone | undefined {
  let zone = zones.get(name)
  if (zone === undefined && !zones.has(name)) {
    if (zones.size >= zonesMax) zones.clear()
    zone = makeZone(name)
    zones.set(name, zone)
  }
  return zone
}

/** The local time, in ms as if it were UTC, that clocks in the zone show at an instant. */
export function localTimeIn(zone: Zone, instant: number): number {
  return instant + zoneOffset(zone, instant)
}

/** The instant at which clocks in the zone show a local time. */
export function instantIn(zone: Zone, local: number): number {
  if (zone.format === undefined) return local - zone.fixed
  const before = zoneOffset(zone, local - dayMs)
  const after = zoneOffset(zone, local + dayMs)
  if (before === after || zoneOffset(zone, local - before) === before) return local - before
  // In a gap neither offset is the one in force; the earlier one moves the time on by the gap.
  return zoneOffset(zone, local - after) === after ? local - after : local - before
}

/** ms east of UTC in force at an instant. */
export function zoneOffset(zone: Zone, instant: number): number {
  if (zone.format === undefined) return zone.fixed
  const index = Math.floor(instant / spanMs)
  let span = zone.spans.get(index)
  if (span === undefined) {
    if (zone.spans.size >= spansMax) zone.spans.clear()
    span = makeSpan(index * spanMs, zone.format)
    zone.spans.set(index, span)
  }
  return instant < span.change ? span.before : span.after
}

function makeZone(name: string): Zone | undefined {
  const fixedZone = (fixed: number): Zone => ({
    name,
    region: undefined,
    format: undefined,
    fixed,
    spans: new Map(),
  })
  if (name === 'UTC' || name === 'GMT' || name === 'Z') return fixedZone(0)
  const offset = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(name)
  if (offset !== null) {
    const [hours, minutes] = [Number(offset[2]), Number(offset[3] ?? 0)]
    if (hours > 18 || minutes > 59) return undefined
    const size = (hours * 60 + minutes) * 60_000
    return fixedZone(offset[1] === '-' ? -size : size)
  }
  const region = javaNames[name] ?? name
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: region,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    return { name, region, format, fixed: 0, spans: new Map() }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
function makeSpan(start: number, format: Intl.DateTimeFormat): Span {
  const before = measure(start, format)
  const after = measure(start + spanMs, format)
  if (before === after) return { before, after, change: start }
  // The change is the first second with another offset than the one before.
  let [low, high] = [start, start + spanMs]
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000
    if (measure(middle, format) === before) low = middle
    else high = middle
  }
  return { before, after, change: high }
}

/** Local time minus UTC at an instant of whole seconds, read from the formatted fields. */
function measure(instant: number, format: Intl.DateTimeFormat): number {
  const fields = { era: 'AD', year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
  for (const { type, value } of format.formatToParts(instant)) {
    switch (type) {
      case 'era':
        fields.era = value
        break
      case 'year':
      case 'month':
      case 'day':
      case 'hour':
      case 'minute':
      case 'second':
        fields[type] = Number(value)
    }
  }
  const year = fields.era.startsWith('B') ? 1 - fields.year : fields.year
  const days = daysFromCivil(year, fields.month, fields.day)
  return days * dayMs + ((fields.hour * 60 + fields.minute) * 60 + fields.second) * 1000 - instant
}
