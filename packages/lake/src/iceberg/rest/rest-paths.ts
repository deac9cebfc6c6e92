/**
 * Names of namespaces and tables in the paths and queries of the REST catalog protocol: the levels of a namespace are joined by the
 * unit separator (0x1F) and the whole is percent-encoded, so that a name may hold any character but that one.
 */
import { LakeError } from '../../errors.ts'

const separator = '\u001f'

/** As it stands in a path: `a%1Fb`. Error: TABLE_CATALOG_OPTION for names that no path can say. */
export function namespacePath(namespace: readonly string[]): string {
  if (namespace.length === 0 || namespace.some((level) => level === '' || level.includes(separator))) {
    throw new LakeError(
      'TABLE_CATALOG_OPTION',
      `namespace ${JSON.stringify(namespace)} cannot be named in the REST catalog protocol: it needs at least one level, and no level may be empty or hold 0x1F.`,
    )
  }
  return encodeURIComponent(namespace.join(separator))
}

/** Levels of a namespace as it stands in a path or query, decoded already. */
export function namespaceLevels(text: string): readonly string[] {
  return text.split(separator)
}

/** `namespaces/a%1Fb/tables/orders`. */
export function tablePath({ namespace, name }: { namespace: readonly string[]; name: string }): string {
  return `namespaces/${namespacePath(namespace)}/tables/${encodeURIComponent(name)}`
}
