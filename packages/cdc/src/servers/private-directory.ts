/** Where a private server lives: its folder, the port it listens on, and the password of its account. */
import { randomBytes, randomInt } from 'node:crypto'
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CdcError } from '../errors.ts'
import type { Account } from './server-process.ts'

export interface PrivateDirectory {
  readonly path: string
  /** Removed when the server stops. */
  readonly isTemporary: boolean
  /** Of the account; kept in the folder for the next start. Others on this machine can reach the port, but do not know it. */
  readonly password: string
  remove(): Promise<void>
}

/** Below the ports that systems give to outgoing connections, so that a port is still free when a server comes back to it. */
const firstPort = 20_000
const lastPort = 32_000
const portTries = 200

export async function privateDirectory(
  given: string | undefined,
  prefix: string,
  account: Account | undefined,
): Promise<PrivateDirectory> {
  const path = given ?? (await mkdtemp(join(tmpdir(), `millrace-${prefix}-`)))
  if (given !== undefined) await mkdir(path, { recursive: true, mode: 0o700 })
  if (account !== undefined) await chown(path, account.uid, account.gid)
  const isTemporary = given === undefined
  return {
    path,
    isTemporary,
    password: await keptPassword(join(path, 'password'), account),
    remove: () =>
      isTemporary ? rm(path, { recursive: true, force: true, maxRetries: 5 }) : Promise.resolve(),
  }
}

async function keptPassword(file: string, account: Account | undefined): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // what node:fs rejects with
  }
  const password = randomBytes(12).toString('hex')
  await writeFile(file, password, { mode: 0o600 })
  if (account !== undefined) await chown(file, account.uid, account.gid)
  return password
}

/** A port of loopback that nobody listens on now. Somebody else may take it before the server does: then try another. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < portTries; i++) {
    const port = randomInt(firstPort, lastPort)
    if (await isFreePort(port)) return port
  }
  throw new CdcError('CDC_SERVER_START', `no free port of 127.0.0.1 between ${firstPort} and ${lastPort}`)
}

export function isFreePort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
