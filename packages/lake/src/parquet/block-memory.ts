/**
 * Memory of blocks that were written, kept for the next ones: fresh pages of the system cost more than what is written to them. What is
 * taken holds anything. Bounded; buffers of sizes that come rarely are not kept.
 *
 * Whoever gives a buffer back promises that nobody reads it any more.
 */

/** Of one thread. */
const keptBytesMax = 64 * 1024 * 1024
const bufferBytesMin = 4096
const bufferBytesMax = 1024 * 1024

const kept = new Map<number, ArrayBuffer[]>()
let keptBytes = 0

export function takeMemory(bytes: number): ArrayBuffer {
  const buffer = bytes < bufferBytesMin ? undefined : kept.get(bytes)?.pop()
  if (buffer === undefined) return new ArrayBuffer(bytes)
  keptBytes -= bytes
  return buffer
}

export function giveMemory(buffer: ArrayBuffer): void {
  const bytes = buffer.byteLength
  if (bytes < bufferBytesMin || bytes > bufferBytesMax || keptBytes + bytes > keptBytesMax) return
  const list = kept.get(bytes)
  if (list === undefined) kept.set(bytes, [buffer])
  else list.push(buffer)
  keptBytes += bytes
}
