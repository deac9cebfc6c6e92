/**
 * What a handler's process says to its host, by file descriptor 3. Writes block until the host has taken them, so what was
 * said arrives though the process ends or loops for ever right after.
 */
import { writeSync } from 'node:fs'
import { encodeFrame, encodeMessage, processFrames } from '../frames.ts'
import type { FailedHead, NotLoadedHead, ReturnedHead } from '../process-messages.ts'

const toHost = 3
const pause = new Int32Array(new SharedArrayBuffer(4))

export function sayLoaded(): void {
  write(encodeMessage(processFrames.loaded, {}))
}

export function sayNotLoaded(head: NotLoadedHead): void {
  write(encodeMessage(processFrames.notLoaded, head))
}

export function sayLog(text: string): void {
  write(encodeFrame(processFrames.log, Buffer.from(text)))
}

export function sayReturned(head: ReturnedHead, payload: string): void {
  write(encodeMessage(processFrames.returned, head, payload))
}

export function sayFailed(head: FailedHead): void {
  write(encodeMessage(processFrames.failed, head))
}

function write(frame: Buffer): void {
  let at = 0
  while (at < frame.length) {
    try {
      at += writeSync(toHost, frame, at)
    } catch (error) {
      // Where the pipe does not block, it is full for the moment.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}
