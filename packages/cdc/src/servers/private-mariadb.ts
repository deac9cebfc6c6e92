/**
 * A MariaDB of one's own, from the programs that the machine has (Debian: `mariadb-server`), with a binlog as change data capture
 * wants it. What was committed survives `kill` (it is written, though not synced: only a crash of the machine would lose it).
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { CdcError } from '../errors.ts'
import { startMysqlFamily, writeStatements } from './mysql-family.ts'
import { type PrivateDirectory, privateDirectory } from './private-directory.ts'
import type { PrivateServer, PrivateServerOptions } from './private-server.ts'
import { type Account, runProgram, unprivilegedAccount } from './server-process.ts'

export interface MariaDbPrograms {
  readonly server: string
  /** Makes a data directory. */
  readonly install: string
  /** `10.11.19-MariaDB` */
  readonly version: string
}

/** Where MariaDB's programs are; undefined: not installed. */
export async function findMariaDb(): Promise<MariaDbPrograms | undefined> {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/bin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ]
  const find = (name: string) => folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
  const server = find('mariadbd')
  const install = find('mariadb-install-db')
  if (server === undefined || install === undefined) return undefined
  const { stdout } = await promisify(execFile)(server, ['--version'])
  return { server, install, version: /Ver (\d+\.\d+\.\d+-MariaDB)/.exec(stdout)?.[1] ?? stdout.trim() }
}

export async function privateMariaDb(options: PrivateServerOptions = {}): Promise<PrivateServer> {
  const programs = await findMariaDb()
  if (programs === undefined) {
    throw new CdcError(
      'CDC_SERVER_START',
      'MariaDB is not installed: no programs mariadbd and mariadb-install-db. On Debian: apt-get install mariadb-server',
    )
  }
  const account = await unprivilegedAccount()
  const directory = await privateDirectory(options.directory, 'mariadb', account)
  const data = join(directory.path, 'data')
  const init = join(directory.path, 'init.sql')
  if (!existsSync(data)) {
    await makeData(programs, data, directory, account)
    await writeAccount(init, directory, account)
  }
  const server = await startMysqlFamily({
    kind: 'mariadb',
    program: programs.server,
    version: programs.version,
    directory,
    data,
    account,
    options,
    settings: defaultSettings,
    initFile: init,
    passing: /Unable to lock|another mysqld process|lock aria control/i,
  })
  await rm(init, { force: true })
  return server
}

const defaultSettings = {
  'bind-address': '127.0.0.1',
  'skip-name-resolve': '1',
  'server-id': '1',
  'log-bin': 'mysql-bin',
  'binlog-format': 'ROW',
  'binlog-row-image': 'FULL',
  'binlog-row-metadata': 'FULL',
  'character-set-server': 'utf8mb4',
  'performance-schema': 'OFF',
  'innodb-buffer-pool-size': '64M',
  'innodb-log-file-size': '32M',
  // Written at each commit, never synced.
  'innodb-flush-log-at-trx-commit': '2',
  'innodb-flush-method': 'nosync',
  'sync-binlog': '0',
}

async function makeData(
  programs: MariaDbPrograms,
  data: string,
  directory: PrivateDirectory,
  account: Account | undefined,
): Promise<void> {
  const settings = [
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--innodb-flush-method=nosync',
    '--innodb-log-file-size=32M',
    '--innodb-flush-log-at-trx-commit=0',
  ]
  // A server that starts removes temporary tables from its folder for them, also those of others who are at work there.
  const folders = [`--datadir=${data}`, `--tmpdir=${directory.path}`]
  await runProgram(programs.install, ['--no-defaults', ...folders, ...settings], {
    account,
    cwd: directory.path,
  })
}

/** Statements of the first start: the account that may do everything, and no other. */
async function writeAccount(
  file: string,
  directory: PrivateDirectory,
  account: Account | undefined,
): Promise<void> {
  const statements = [
    'SET SESSION sql_log_bin = 0;',
    "DELETE FROM mysql.global_priv WHERE user <> 'mariadb.sys';",
    'FLUSH PRIVILEGES;',
    `CREATE USER root@'%' IDENTIFIED BY '${directory.password}';`,
    "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;",
  ]
  await writeStatements(file, statements, account)
}
