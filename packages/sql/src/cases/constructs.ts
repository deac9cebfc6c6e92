/**
 * Which constructs of the dialects work and which are refused, told by the case files: every construct of
 * cases/constructs.json is a feature of at least one case. From it docs/sql-constructs.md is made.
 */
import type { SqlCase } from './case-file.ts'

/** Dialect -> group -> constructs. */
export type Constructs = Readonly<Record<'kda' | 'flink', Readonly<Record<string, readonly string[]>>>>

export interface NamedCase {
  /** Path below the folder of cases, without ending. */
  readonly path: string
  readonly file: SqlCase
}

export interface ConstructRow {
  readonly dialect: 'kda' | 'flink'
  readonly group: string
  readonly construct: string
  /** Cases that show it at work. */
  readonly works: readonly string[]
  /** Cases that show it refused. */
  readonly refused: readonly string[]
}

export function constructRows(constructs: Constructs, cases: readonly NamedCase[]): ConstructRow[] {
  return (['kda', 'flink'] as const).flatMap((dialect) =>
    Object.entries(constructs[dialect]).flatMap(([group, names]) =>
      names.map((construct) => {
        const found = cases.filter(
          ({ file }) => file.dialect === dialect && file.features.includes(construct),
        )
        const isRefusal = ({ file }: NamedCase) => file.expected.some(({ mode }) => mode === 'rejected')
        return {
          dialect,
          group,
          construct,
          works: found.filter((each) => !isRefusal(each)).map(({ path }) => path),
          refused: found.filter(isRefusal).map(({ path }) => path),
        }
      }),
    ),
  )
}

/** Features of cases that no construct is called, so that a typing error does not go unseen. */
export function unknownFeatures(constructs: Constructs, cases: readonly NamedCase[]): string[] {
  return cases.flatMap(({ path, file }) => {
    const known = new Set(Object.values(constructs[file.dialect]).flat())
    return file.features.filter((feature) => !known.has(feature)).map((feature) => `${path}: ${feature}`)
  })
}

/** The page, in Markdown. */
export function constructPage(rows: readonly ConstructRow[]): string {
  const lines = [
    '# Which SQL constructs work',
    '',
    'Made from the case files below `cases/` by `npm run docs:constructs`; every case runs in the tests. "works" links to',
    'cases that show the construct at work, "refused" to cases that show how it is refused, with a code and a position.',
  ]
  for (const dialect of ['kda', 'flink'] as const) {
    lines.push('', dialect === 'kda' ? '## KDA SQL' : '## Flink SQL')
    let group = ''
    for (const row of rows.filter((each) => each.dialect === dialect)) {
      if (row.group !== group) {
        group = row.group
        lines.push('', `### ${group}`, '', '| Construct | | Cases |', '|---|---|---|')
      }
      const verdict = row.works.length > 0 ? 'works' : row.refused.length > 0 ? 'refused' : 'no case'
      const links = [...row.works, ...row.refused]
        .slice(0, 4)
        .map((path) => `[${path.split('/').at(-1)}](../cases/${path}.sql)`)
      lines.push(`| ${row.construct.replaceAll('|', '\\|')} | ${verdict} | ${links.join(', ')} |`)
    }
  }
  return `${lines.join('\n')}\n`
}
