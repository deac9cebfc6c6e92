/**
 * Why the value that was looked at last does not suit its column. State of the module, like the scanner's: the readers of cells are hot
 * and return only whether they took the value.
 */
import { formatHiveType } from '../schema/hive-type.ts'
import type { LakeType } from '../schema/lake-type.ts'

const shownCharactersMax = 60

let message = ''

export function lastRefusal(): string {
  return message
}

/** Notes it and returns false. `allowed` ends the sentence. */
export function refuseValue(
  path: string,
  type: LakeType,
  b: Uint8Array,
  start: number,
  end: number,
  allowed: string,
): false {
  const size = Math.min(end - start, shownCharactersMax * 4)
  const text = Buffer.from(b.buffer, b.byteOffset + start, size).toString('utf8')
  const shown = text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}...` : text
  message = `Column "${path}" of type ${formatHiveType(type)} cannot hold ${shown}: ${allowed}.`
  return false
}
