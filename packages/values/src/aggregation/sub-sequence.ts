/**
 * The place of a user record inside an aggregate: (sequence number, sub-sequence number), ordered by the first and then
 * the second. Its text form, as record ids show it, is the sequence number followed by six digits. A plain record has
 * sub-sequence number 0.
 */
import { subRecordsMax } from './aggregate-layout.ts'

export function extendedSequence(sequenceNumber: string, subSequence: number): string {
  return sequenceNumber + String(subSequence).padStart(6, '0')
}

/** Takes the text form apart; undefined for a text that is none. */
export function parseExtendedSequence(
  text: string,
): { readonly sequenceNumber: string; readonly subSequence: number } | undefined {
  const match = /^(0|[1-9]\d*)(\d{6})$/.exec(text)
  return match === null ? undefined : { sequenceNumber: match[1]!, subSequence: Number(match[2]) }
}

/** Compares two places by value: sequence numbers are decimal texts without leading zeros. */
export function compareExtended(
  a: { readonly sequenceNumber: string; readonly subSequence: number },
  b: { readonly sequenceNumber: string; readonly subSequence: number },
): number {
  return compareSequences(a.sequenceNumber, b.sequenceNumber) || a.subSequence - b.subSequence
}

/** Compares decimal texts without leading zeros as numbers: the longer is greater. */
export function compareSequences(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

export const subSequenceMax = subRecordsMax - 1
