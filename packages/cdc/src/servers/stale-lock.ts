/**
 * The lock of a Postgres that was killed. Postgres takes the lock of a process that is gone by itself; but the number in it may by now
 * be that of another process (in a container the same few numbers come again at every start), and then it refuses to start. Such a lock
 * is removed here: of a process that does not work in this data directory. Only where the system tells (/proc) that it does not.
 */
import { readFile, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'

export async function removeStaleLock(dataDirectory: string): Promise<void> {
  const file = join(dataDirectory, 'postmaster.pid')
  const pid = Number((await textOf(file))?.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0) return
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  // Gone, or not ours to see: Postgres decides.
  if (folder === undefined || folder === dataDirectory) return
  await rm(file, { force: true })
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
