/**
 * Ownership of a data directory: one process writes, any number read.
 *
 * The owner's record lies inside the store and is taken in a write transaction, so two processes that start together
 * cannot both see it free. It names the process by pid and start time (pids are reused), the boot (after a restart of the
 * machine no owner can live) and the pid namespace (a pid of another container says nothing here). An owner that is
 * certainly gone is replaced silently; one that cannot be seen from here is not.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
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

export function lockedError(dir: string, owner: OwnerRecord, status: 'alive' | 'unknown'): StoreError {
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
