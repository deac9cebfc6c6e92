/**
 * Places in Postgres' log: 64 bits, written as two hexadecimal numbers, `16/B374D848`. Held as bigints: a log may pass 2^53 bytes, and
 * they are made once for each transaction only.
 */

export type Lsn = bigint

export function lsnText(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`
}

/** Undefined: the text is no LSN. */
export function parseLsn(text: string): Lsn | undefined {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text)
  return match === null ? undefined : (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`)
}
