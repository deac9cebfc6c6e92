/** What decides how a server is spoken to and how its statements are read; asked once for each connection that is opened. */
import type { MysqlSession } from '../connection/mysql-session.ts'

export interface ServerFacts {
  readonly family: 'mysql' | 'mariadb'
  /** `10.11.19-MariaDB`, `8.4.3` */
  readonly version: string
  /** 101119, 80403: for comparisons. */
  readonly versionNumber: number
  /** Names of schemas and tables: 0 as they are written, 1 stored in lower case, 2 stored as written and compared in lower case. */
  readonly lowerCaseNames: 0 | 1 | 2
  /** Name of a collation by its number in the log. */
  readonly collations: ReadonlyMap<number, string>
  /** What a character set means where no collation is named. */
  readonly defaultCollations: ReadonlyMap<string, string>
  /** Bytes of a character at most, by character set. */
  readonly characterBytes: ReadonlyMap<string, number>
  readonly serverCollation: string
  /** TIMESTAMP columns may be NULL unless declared otherwise. */
  readonly hasExplicitTimestamps: boolean
  /** `int(11)`: MySQL 8.0.19 and later write `int`. */
  readonly hasIntegerWidths: boolean
}

export async function readServerFacts(session: MysqlSession): Promise<ServerFacts> {
  const [row] = await session.texts(
    `SELECT VERSION(), @@version_comment, @@lower_case_table_names, @@GLOBAL.collation_server,
            @@GLOBAL.explicit_defaults_for_timestamp`,
  )
  const [full = '', comment = '', lowerCase, serverCollation, explicit] = (row ?? []).map(
    (text) => text ?? '',
  )
  const family = /mariadb/i.test(full) || /mariadb/i.test(comment) ? 'mariadb' : 'mysql'
  const [, major = '0', minor = '0', patch = '0'] = /^(\d+)\.(\d+)\.(\d+)/.exec(full) ?? []
  const versionNumber = Number(major) * 10_000 + Number(minor) * 100 + Number(patch)
  const { collations, defaultCollations, characterBytes } = await readCollations(session, family)
  return {
    family,
    // Debian appends its own revision and the log's suffix.
    version:
      family === 'mariadb' ? `${major}.${minor}.${patch}-MariaDB` : (/^[\d.]+/.exec(full)?.[0] ?? full),
    versionNumber,
    lowerCaseNames: lowerCase === '1' ? 1 : lowerCase === '2' ? 2 : 0,
    collations,
    defaultCollations,
    characterBytes,
    serverCollation: serverCollation || 'utf8mb4_general_ci',
    hasExplicitTimestamps: explicit === '1' || explicit === 'ON',
    hasIntegerWidths: family === 'mariadb' || versionNumber < 80_019,
  }
}

/** Names of schemas and tables as keys of maps. */
export function foldName(facts: Pick<ServerFacts, 'lowerCaseNames'>, name: string): string {
  return facts.lowerCaseNames === 0 ? name : name.toLowerCase()
}

async function readCollations(session: MysqlSession, family: 'mysql' | 'mariadb') {
  const collations = new Map<number, string>()
  const defaultCollations = new Map<string, string>()
  const characterBytes = new Map<string, number>()
  const sets = await session.texts(
    'SELECT CHARACTER_SET_NAME, DEFAULT_COLLATE_NAME, MAXLEN FROM INFORMATION_SCHEMA.CHARACTER_SETS',
  )
  for (const [set, collation, bytes] of sets) {
    if (set && collation) defaultCollations.set(set, collation)
    if (set && bytes) characterBytes.set(set, Number(bytes))
  }
  for (const [id, name] of await session.texts(
    'SELECT ID, COLLATION_NAME FROM INFORMATION_SCHEMA.COLLATIONS',
  )) {
    if (id && name) collations.set(Number(id), name)
  }
  if (family === 'mariadb') {
    // From 10.10 on a collation may belong to several character sets; only this table has the numbers of each pair.
    const pairs = await session.named(
      'SELECT * FROM INFORMATION_SCHEMA.COLLATION_CHARACTER_SET_APPLICABILITY',
    )
    for (const pair of pairs) {
      const [id, name] = [pair.get('id'), pair.get('full_collation_name')]
      if (id && name) collations.set(Number(id), name)
    }
  }
  return { collations, defaultCollations, characterBytes }
}
