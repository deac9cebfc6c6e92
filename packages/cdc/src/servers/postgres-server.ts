/**
 * A private Postgres from given programs, wherever they come from: makes its data once, then runs it with a WAL as logical
 * replication wants it. Data is made under another name and renamed when it is whole, so that a start which was cut off is made again.
 */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startManagedServer } from './managed-server.ts'
import type { PrivateDirectory } from './private-directory.ts'
import type { PrivateServer, PrivateServerOptions } from './private-server.ts'
import { type Account, runProgram } from './server-process.ts'
import { removeStaleLock } from './stale-lock.ts'

export interface PostgresPrograms {
  readonly server: string
  /** Makes a data directory. */
  readonly initdb: string
  /** `15.14` */
  readonly version: string
}

export interface PostgresServerSpec {
  readonly programs: PostgresPrograms
  readonly directory: PrivateDirectory
  readonly account: Account | undefined
  /** Of `initdb`: encoding and locale. */
  readonly initSettings: readonly string[]
  /** What the programs need beside the usual: where their libraries are. */
  readonly environment?: { readonly [name: string]: string }
}

export async function startPostgresServer(
  { programs, directory, account, initSettings, environment = {} }: PostgresServerSpec,
  options: PrivateServerOptions,
): Promise<PrivateServer> {
  const data = join(directory.path, 'data')
  if (!existsSync(data)) {
    const part = join(directory.path, 'data.part')
    await rm(part, { recursive: true, force: true })
    const passwordFile = join(directory.path, 'password')
    await runProgram(
      programs.initdb,
      [`--pgdata=${part}`, '--username=postgres', `--pwfile=${passwordFile}`, ...initAlways, ...initSettings],
      { account, cwd: directory.path, environment },
    )
    await rename(part, data)
  }
  await removeStaleLock(data)
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
        environment,
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

const initAlways = ['--encoding=UTF8', '--auth=scram-sha-256', '--no-sync', '--no-instructions']

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
