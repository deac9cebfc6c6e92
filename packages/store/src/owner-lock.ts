/**
 * Ownership of a data directory: one process writes, any number read.
 *
 * The owner's record lies inside the store and is taken in a write transaction, so two processes that start together
 * cannot both see it free. It names the process by pid and start time (pids are reused), the boot (after a restart of the
 * machine no owner can live) and the pid namespace (a pid of another container says nothing here). An owner that is
 * certainly gone is replaced silently; one that cannot be seen from here is not.
 *
 * To read the record inside the store a second process has to open it for writing, beside the live owner. So the owner
 * also leaves its record in `owner.json`, and who finds a live owner there goes away without having touched the data.
 * The file only spares that visit: where it is missing or stale, the record inside the store decides.
 */
import { readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { StoreError } from './errors.ts'

export interface OwnerRecord {
  readonly pid: number
  /** Ticks since boot at which the process began; empty where the system does not tell. */
  readonly started: string
  readonly host: string
  readonly boot: string
  readonly namespace: string
  /** When the directory was taken, ISO 8601. */
  readonly since: string
  /** Tells two opens of one process apart. */
  readonly token: string
}

export function thisOwner(sinceMs: number, token: string): OwnerRecord {
  return {
    pid: process.pid,
    started: processStart(process.pid) ?? '',
    host: hostname(),
    boot: readText('/proc/sys/kernel/random/boot_id'),
    namespace: pidNamespace(),
    since: new Date(sinceMs).toISOString(),
    token,
  }
}

/** 'alive' and 'unknown' keep the directory locked. */
export function ownerStatus(owner: OwnerRecord, self: OwnerRecord): 'alive' | 'gone' | 'unknown' {
  const sameBoot = owner.boot !== '' && owner.boot === self.boot
  const samePlace = sameBoot ? owner.namespace === self.namespace : owner.host === self.host
  if (!samePlace) return 'unknown'
  if (!sameBoot && owner.boot !== '') return 'gone'
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM means that it lives under another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone'
  }
  const started = processStart(owner.pid)
  return started !== undefined && owner.started !== '' && started !== owner.started ? 'gone' : 'alive'
}

export const OWNER_FILE = 'owner.json'

/** Throws STORE_LOCKED if the owner that the file names keeps the directory; opens nothing else. */
export function refuseIfOwned(dir: string, self: OwnerRecord, takeOver: boolean): void {
  const owner = announcedOwner(dir)
  if (owner !== undefined) refuseIfKept(dir, owner, self, takeOver)
}

/** Throws STORE_LOCKED if `owner` lives, or cannot be seen from here and is not to be taken over. */
export function refuseIfKept(dir: string, owner: OwnerRecord, self: OwnerRecord, takeOver: boolean): void {
  const status = ownerStatus(owner, self)
  if (status === 'alive' || (status === 'unknown' && !takeOver)) throw lockedError(dir, owner, status)
}

/** After the directory was taken. Without room for the file the record inside the store still holds it. */
export function announceOwner(dir: string, self: OwnerRecord): void {
  try {
    writeFileSync(join(dir, OWNER_FILE), JSON.stringify(self))
  } catch {
    // Reading must work on a full disk.
  }
}

/** Before the directory is given back. */
export function withdrawOwner(dir: string, self: OwnerRecord): void {
  if (announcedOwner(dir)?.token === self.token) rmSync(join(dir, OWNER_FILE), { force: true })
}

function announcedOwner(dir: string): OwnerRecord | undefined {
  try {
    // Only announceOwner writes this file; half of one does not parse.
    const owner = JSON.parse(readText(join(dir, OWNER_FILE))) as OwnerRecord
    return typeof owner?.pid === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}

function lockedError(dir: string, owner: OwnerRecord, status: 'alive' | 'unknown'): StoreError {
  const who = `process ${owner.pid} on host ${owner.host} since ${owner.since}`
  const next =
    status === 'alive'
      ? 'Stop that process, or use another data directory. Reading is possible meanwhile.'
      : 'That process cannot be seen from here. If it is certainly gone, open once with takeOver; if it may live, stop it first.'
  return new StoreError('STORE_LOCKED', `${dir} is owned by ${who}. One process at a time may write. ${next}`)
}

/** Field 22 of /proc/PID/stat; the name before it may hold spaces and parentheses, so count from the last one. */
function processStart(pid: number): string | undefined {
  const text = readText(`/proc/${pid}/stat`)
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
