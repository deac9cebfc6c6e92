/**
 * Files of a folder store that are not objects yet. Their names say who writes them:
 *   <machine>-<process id>-<unique>.part
 * so that whoever comes later can tell what a killed writer has left: files of a process of this machine that is no more, and files
 * that nobody has written to for an hour (of other machines, of a process id that somebody else has by now). What is young and may
 * have a writer stays.
 */
import { createHash, randomUUID } from 'node:crypto'
import { lstat, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@millrace/values'

const abandonedMs = 3_600_000
const machine = createHash('md5').update(hostname()).digest('hex').slice(0, 8)

export function partName(): string {
  return `${machine}-${process.pid}-${randomUUID()}.part`
}

export async function removeLeftovers(folder: string, clock: Clock): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.part')) continue
    const path = join(folder, name)
    if (!isWriterGone(name)) {
      const entry = await lstat(path).catch(() => undefined)
      if (entry === undefined || clock.now() - entry.mtimeMs < abandonedMs) continue
    }
    await rm(path, { force: true })
  }
}

function isWriterGone(name: string): boolean {
  const [writer, id] = name.split('-')
  if (writer !== machine) return false
  const pid = Number(id)
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}
