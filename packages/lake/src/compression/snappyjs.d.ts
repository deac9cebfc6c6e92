/** What we use of snappyjs, which comes without types: raw Snappy. A Uint8Array in gives a Uint8Array out. */
declare module 'snappyjs' {
  export function compress(bytes: Uint8Array): Uint8Array
  /** Throws where the bytes are no raw Snappy or hold more than `maxBytes`. */
  export function uncompress(bytes: Uint8Array, maxBytes?: number): Uint8Array
}
