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
import { startManagedServer } from './managed-server.ts'
import { privateDirectory } from './private-directory.ts'
import type { PrivateServer, PrivateServerOptions } from './private-server.ts'
import { runProgram, unprivilegedAccount } from './server-process.ts'

export interface PostgresPrograms {
  readonly server: string
  /** Makes a data directory. */
  readonly initdb: string
  /** `15.14` */
  readonly version: string
}

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
  const data = join(directory.path, 'data')
  if (!existsSync(data)) {
    const passwordFile = join(directory.path, 'password')
    await runProgram(
      programs.initdb,
      [`--pgdata=${data}`, '--username=postgres', `--pwfile=${passwordFile}`, ...initSettings],
      { account, cwd: directory.path },
    )
  }
  return startManagedServer({
    kind: 'postgres',
    version: programs.version,
    directory,
    port: options.port ?? 0,
    url: (port) => `postgres://postgres:${directory.password}@127.0.0.1:${port}/postgres`,
    command: (port) => {
      const settings = { ...defaultSettings, ...options.settings }
      return {
        program: programs.server,
        arguments: [
          ...['-D', data, '-p', String(port)],
          ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        ],
        cwd: directory.path,
        account,
        isReady: (line) => line.includes('database system is ready to accept connections'),
        removedWithUs: directory.isTemporary ? directory.path : undefined,
        log: options.log,
      }
    },
    // 'Fast', then 'immediate': the fast one waits for a reader of the log, which may be slow.
    stopSignals: ['SIGINT', 'SIGQUIT'],
    isPortTaken: (error) => error.message.includes('Address already in use'),
    // Sessions of the killed one still end.
    isPassing: (error) => /pre-existing shared memory block|lock file .* already exists/.test(error.message),
  })
}

const initSettings = [
  '--encoding=UTF8',
  '--locale=C.UTF-8',
  '--auth=scram-sha-256',
  '--no-sync',
  '--no-instructions',
]

const defaultSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_wal_senders: '20',
  max_replication_slots: '20',
  shared_buffers: '64MB',
  logging_collector: 'off',
  // Written at each commit, never synced.
  fsync: 'off',
  full_page_writes: 'off',
}
