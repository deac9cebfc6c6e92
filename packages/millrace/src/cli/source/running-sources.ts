/** The sources of the process that runs on a data directory, through its gateway. */
import { type CdcStatus, isCdcStatus } from '@millrace/cdc'
import { sourcePath } from '@millrace/console'
import { MillraceError } from '../../error.ts'
import { readAddress } from '../gateway-place.ts'
import { getAdmin, postAdmin } from '../post-admin.ts'

export interface SourceView {
  readonly name: string
  readonly into: string
  readonly state: string
  /** What it said of itself last, in one line; undefined: it says nothing. */
  readonly line: string | undefined
  readonly details: unknown
}

/** Errors that a source's owner may want to see under their own code. */
const codes = /^(?:SOURCE|CDC)_/

export class RunningSources {
  readonly #dir: string
  readonly #url: string

  private constructor(dir: string, url: string) {
    this.#dir = dir
    this.#url = url
  }

  /** Undefined: no process with a gateway runs on the directory. */
  static find(dir: string): RunningSources | undefined {
    const address = readAddress(dir)
    return address === undefined ? undefined : new RunningSources(dir, address.url)
  }

  async list(): Promise<SourceView[]> {
    const { sources } = await getAdmin({ dir: this.#dir, url: this.#url, path: sourcePath, codes })
    return Array.isArray(sources) ? sources.flatMap(viewOf) : []
  }

  async request(source: string, request: unknown): Promise<unknown> {
    const { answer } = await postAdmin(
      { dir: this.#dir, url: this.#url, path: `${sourcePath}/request`, codes },
      { source, request },
    )
    return answer
  }
}

/** The one that is named, or the only one that `fits`. */
export function chooseSource(
  sources: readonly SourceView[],
  name: string | undefined,
  fits: (source: SourceView) => boolean = () => true,
): SourceView {
  const candidates = name === undefined ? sources.filter(fits) : sources.filter((each) => each.name === name)
  const [only] = candidates
  if (only !== undefined && candidates.length === 1) return only
  const names = sources.map((each) => each.name)
  throw new MillraceError(
    'SOURCE_UNKNOWN',
    name !== undefined
      ? `There is no source "${name}".`
      : candidates.length === 0
        ? 'The app has no source that can be meant.'
        : 'Which source is meant is not said.',
    { next: names.length === 0 ? 'The app has no sources.' : `Sources of the app: ${names.join(', ')}.` },
  )
}

export function cdcStatusOf({ details }: SourceView): CdcStatus | undefined {
  return isCdcStatus(details) ? details : undefined
}

/** JSON of a gateway of our own: a member of another type is left out. */
function viewOf(value: unknown): SourceView[] {
  if (typeof value !== 'object' || value === null) return []
  const { name, into, state, status } = value as { readonly [member: string]: unknown } // an object, as just seen
  if (typeof name !== 'string' || typeof into !== 'string' || typeof state !== 'string') return []
  // Likewise, or nothing.
  const { line, details } = (typeof status === 'object' && status !== null ? status : {}) as {
    readonly line?: unknown
    readonly details?: unknown
  }
  return [{ name, into, state, line: typeof line === 'string' ? line : undefined, details }]
}
