/**
 * A MySQL (8.0 or newer) of one's own, from the program that the machine has, with a binlog and GTIDs as change data capture wants
 * them. Debian has no package of it: `.ci/mysql` puts one where it is found here. What was committed survives `kill` (it is written,
 * though not synced: only a crash of the machine would lose it).
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

export interface MySqlPrograms {
  readonly server: string
  /** `8.4.6` */
  readonly version: string
}

/** Where MySQL's server program is; undefined: not installed. MariaDB has a `mysqld` too, which does not count. */
export async function findMySql(): Promise<MySqlPrograms | undefined> {
  const folders = [
    '/opt/millrace-mysql',
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/mysql/bin',
    '/opt/homebrew/bin',
  ]
  for (const folder of folders) {
    const server = join(folder, 'mysqld')
    if (!existsSync(server)) continue
    const { stdout } = await promisify(execFile)(server, ['--version'])
    const version = /Ver (\d+\.\d+\.\d+)/.exec(stdout)?.[1]
    if (version !== undefined && !stdout.includes('MariaDB')) return { server, version }
  }
  return undefined
}

export async function privateMySql(options: PrivateServerOptions = {}): Promise<PrivateServer> {
  const programs = await findMySql()
  if (programs === undefined) {
    throw new CdcError(
      'CDC_SERVER_START',
      'MySQL is not installed: no program mysqld that is MySQL and not MariaDB. On Debian: bash .ci/mysql',
    )
  }
  const account = await unprivilegedAccount()
  const directory = await privateDirectory(options.directory, 'mysql', account)
  const data = join(directory.path, 'data')
  if (!existsSync(data)) await makeData(programs, data, directory, account)
  return startMysqlFamily({
    kind: 'mysql',
    program: programs.server,
    version: programs.version,
    directory,
    data,
    account,
    options,
    settings: defaultSettings,
    passing: /Unable to lock|another mysqld process/i,
  })
}

const defaultSettings = {
  'pid-file': 'server.pid',
  'bind-address': '127.0.0.1',
  'skip-name-resolve': 'ON',
  mysqlx: 'OFF',
  // Its default is a folder that a package makes.
  'secure-file-priv': 'NULL',
  'server-id': '1',
  'log-bin': 'mysql-bin',
  'gtid-mode': 'ON',
  'enforce-gtid-consistency': 'ON',
  'binlog-row-image': 'FULL',
  'binlog-row-metadata': 'FULL',
  'performance-schema': 'OFF',
  'innodb-buffer-pool-size': '64M',
  'innodb-redo-log-capacity': '32M',
  // Written at each commit, never synced.
  'innodb-flush-method': 'nosync',
  'innodb-flush-log-at-trx-commit': '2',
  'innodb-doublewrite': 'OFF',
  'sync-binlog': '0',
}

const unsynced = [
  'innodb-flush-method=nosync',
  'innodb-flush-log-at-trx-commit=0',
  'innodb-redo-log-capacity=32M',
  'innodb-doublewrite=OFF',
]

/** With one account, that may do everything. */
async function makeData(
  programs: MySqlPrograms,
  data: string,
  directory: PrivateDirectory,
  account: Account | undefined,
): Promise<void> {
  const init = join(directory.path, 'init.sql')
  const statements = [
    `CREATE USER root@'%' IDENTIFIED BY '${directory.password}';`,
    "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;",
    'DROP USER root@localhost;',
  ]
  await writeStatements(init, statements, account)
  const settings = ['skip-log-bin', 'secure-file-priv=NULL', 'performance-schema=OFF', ...unsynced]
  await runProgram(
    programs.server,
    [
      '--no-defaults',
      '--initialize-insecure',
      `--datadir=${data}`,
      `--init-file=${init}`,
      ...settings.map((setting) => `--${setting}`),
    ],
    { account, cwd: directory.path },
  )
  await rm(init)
}
