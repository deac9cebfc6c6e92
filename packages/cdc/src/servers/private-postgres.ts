/**
 * A Postgres of one's own, from the programs that the machine has (Debian: `postgresql`), with a WAL as logical replication wants
 * it. What was committed survives `kill` (it is written, though not synced: only a crash of the machine would lose it).
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { CdcError } from '../errors.ts'
import { type PostgresPrograms, startPostgresServer } from './postgres-server.ts'
import { privateDirectory } from './private-directory.ts'
import type { PrivateServer, PrivateServerOptions } from './private-server.ts'
import { unprivilegedAccount } from './server-process.ts'

/** Where Postgres' server programs are, of the newest version; undefined: not installed. */
export async function findPostgresServer(): Promise<PostgresPrograms | undefined> {
  for (const folder of await programFolders()) {
    const [server, initdb] = [join(folder, 'postgres'), join(folder, 'initdb')]
    if (!existsSync(server) || !existsSync(initdb)) continue
    const { stdout } = await promisify(execFile)(server, ['--version'])
    return { server, initdb, version: /(\d+(\.\d+)+)/.exec(stdout)?.[1] ?? stdout.trim() }
  }
  return undefined
}

/** Where Debian has them, the newest first, then where programs are looked for. */
async function programFolders(): Promise<string[]> {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? await readdir(debian) : []
  return [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/local/pgsql/bin',
    '/opt/homebrew/bin',
  ]
}

export async function privatePostgres(options: PrivateServerOptions = {}): Promise<PrivateServer> {
  const programs = await findPostgresServer()
  if (programs === undefined) {
    throw new CdcError(
      'CDC_SERVER_START',
      'the Postgres server is not installed: no programs postgres and initdb. On Debian: apt-get install postgresql',
    )
  }
  const account = await unprivilegedAccount()
  const directory = await privateDirectory(options.directory, 'postgres', account)
  return startPostgresServer({ programs, directory, account, initSettings: ['--locale=C.UTF-8'] }, options)
}
