/** Codecs that run on this thread take turns with everything else on it: after every 4 MiB others come first. */

const sliceBytes = 4 << 20

/** Calls `work` for each block of the bytes, in order; an empty input has no block. */
export async function forEachBlock(
  bytes: Uint8Array,
  blockBytes: number,
  work: (block: Uint8Array) => void,
): Promise<void> {
  let pause = sliceBytes
  for (let at = 0; at < bytes.length; at += blockBytes) {
    if (at >= pause) {
      pause = at + sliceBytes
      await nextTurn()
    }
    work(bytes.subarray(at, at + blockBytes))
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
