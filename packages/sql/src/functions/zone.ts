/** Time zones as SQL names them: those of the platform, with SQL's error for a name that is none. */
import { findZone, instantIn, localTimeIn, type Zone } from '@millrace/values'
import { SqlRuntimeError } from './scalar-function.ts'

export function isZone(name: string): boolean {
  return findZone(name) !== undefined
}

/** The local time, in ms as if it were UTC, that clocks in the zone show at an instant. */
export function localTime(instant: number, zone: string): number {
  return localTimeIn(mustZone(zone), instant)
}

/** The instant at which clocks in the zone show a local time. */
export function instantOf(local: number, zone: string): number {
  return instantIn(mustZone(zone), local)
}

function mustZone(name: string): Zone {
  const zone = findZone(name)
  if (zone === undefined) {
    throw new SqlRuntimeError(
      'CoercionError',
      `'${name.slice(0, 60)}' is no time zone; write an IANA name such as Europe/Berlin, or an offset such as +02:00`,
    )
  }
  return zone
}
