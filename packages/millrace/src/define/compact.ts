/** The compaction that an app wants for a table of the lake: settings, checked, as parameters of the table. */
import { compactParameter, compressionParameter } from '@millrace/lake'
import { MillraceError } from '../error.ts'
import { checkInteger, checkSettings, here, invalidValue } from './names.ts'

export interface CompactSettings {
  /** Bytes that files should have, about: 128 MiB unless given. */
  readonly targetBytes?: number
  /** Of the larger files: snappy unless given. */
  readonly compression?: 'snappy' | 'zstd' | 'gzip' | 'none'
}

const mebibyte = 1024 * 1024
const limits = { min: mebibyte, max: 4096 * mebibyte, default: 128 * mebibyte }

/** Empty if none is wanted. `isPossible`: files are Parquet and listed by the catalog. Errors: APP_VALUE_INVALID, APP_SETTING_UNKNOWN. */
export function compactParameters(
  what: string,
  compact: CompactSettings | undefined,
  isPossible: boolean,
): Record<string, string> {
  if (compact === undefined) return {}
  checkSettings(`compact of ${what}`, compact, ['targetBytes', 'compression'])
  if (!isPossible) {
    throw new MillraceError(
      'APP_VALUE_INVALID',
      `${what} cannot be compacted: only Parquet files of a table whose files are listed can.`,
      {
        ...here(),
        next: "Leave compact out, or give format: 'parquet' and a table with columns.",
      },
    )
  }
  const { compression = 'snappy' } = compact
  if (!['snappy', 'zstd', 'gzip', 'none'].includes(compression))
    throw invalidValue(`compression of compact of ${what}`, compression, "'snappy', 'zstd', 'gzip', 'none'")
  return {
    [compactParameter]: String(
      checkInteger(`targetBytes of compact of ${what}`, compact.targetBytes, limits),
    ),
    ...(compression === 'snappy'
      ? {}
      : { [compressionParameter]: compression === 'none' ? 'uncompressed' : compression }),
  }
}
