/** What private servers of MariaDB and MySQL have in common: how one is started, and the file of its first statements. */
import { existsSync } from 'node:fs'
import { chown, writeFile } from 'node:fs/promises'
import { startManagedServer } from './managed-server.ts'
import type { PrivateDirectory } from './private-directory.ts'
import type { PrivateServer, PrivateServerOptions } from './private-server.ts'
import type { Account } from './server-process.ts'

export interface FamilyServer {
  readonly kind: 'mariadb' | 'mysql'
  readonly program: string
  readonly version: string
  readonly directory: PrivateDirectory
  readonly data: string
  readonly account: Account | undefined
  readonly options: PrivateServerOptions
  readonly settings: { readonly [name: string]: string }
  /** Statements of a start at which this file is there. */
  readonly initFile?: string
  /** Messages of a start that fails since the killed one still holds its files for a moment. */
  readonly passing: RegExp
}

export function startMysqlFamily(server: FamilyServer): Promise<PrivateServer> {
  const { kind, program, version, directory, account, options } = server
  return startManagedServer({
    kind,
    version,
    directory,
    port: options.port ?? 0,
    url: (port) => `${kind}://root:${directory.password}@127.0.0.1:${port}/`,
    command: (port) => ({
      program,
      arguments: [
        '--no-defaults',
        `--datadir=${server.data}`,
        `--tmpdir=${directory.path}`,
        `--port=${port}`,
        // Relative to the data directory, since a socket's whole path may have some hundred bytes only.
        '--socket=server.sock',
        ...Object.entries({ ...server.settings, ...options.settings }).map(
          ([name, value]) => `--${name}=${value}`,
        ),
        ...(server.initFile !== undefined && existsSync(server.initFile)
          ? [`--init-file=${server.initFile}`]
          : []),
      ],
      cwd: directory.path,
      account,
      isReady: (line) => line.includes('ready for connections'),
      removedWithUs: directory.isTemporary ? directory.path : undefined,
      log: options.log,
    }),
    stopSignals: ['SIGTERM', 'SIGKILL'],
    isPortTaken: (error) => error.message.includes("Can't start server: Bind on TCP/IP port"),
    isPassing: (error) => server.passing.test(error.message),
  })
}

/** Statements with the password in them: for the server's account only. */
export async function writeStatements(
  file: string,
  statements: readonly string[],
  account: Account | undefined,
): Promise<void> {
  await writeFile(file, `${statements.join('\n')}\n`, { mode: 0o600 })
  if (account !== undefined) await chown(file, account.uid, account.gid)
}
