/** Writes a file so that a reader sees the old text or the whole new one: beside it first, then by rename. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { MillraceError, messageOf } from '../error.ts'

export function writeFileAtomic(path: string, text: string): void {
  const file = resolve(path)
  const part = `${file}.${process.pid}.part`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(part, text)
    renameSync(part, file)
  } catch (error) {
    removePart(part)
    throw new MillraceError('OUTPUT_FAILED', `${path} cannot be written: ${messageOf(error)}.`, {
      cause: error,
    })
  }
}

/** Takes away what a failed write has left; the reason of the failure is what the user must see, not this one's. */
export function removePart(part: string): void {
  try {
    rmSync(part, { force: true })
  } catch {
    // Whatever kept the file from being written keeps it from being removed as well.
  }
}
