/** The error for a file that a command should read and cannot: it does not exist, is a folder, or may not be read. */
import { shortPath } from '../define/call-site.ts'
import { codeOf, MillraceError, messageOf } from '../error.ts'

export function unreadableFile(file: string, cause: unknown): MillraceError {
  const code = codeOf(cause)
  if (code === 'EISDIR')
    return new MillraceError('LOAD_NOT_FOUND', 'This is a folder.', {
      place: shortPath(file),
      next: 'Name a file in it.',
      cause,
    })
  if (code === 'EACCES')
    return new MillraceError('LOAD_NOT_FOUND', 'The file may not be read.', {
      place: shortPath(file),
      next: 'Check its permissions.',
      cause,
    })
  const reason = code === 'ENOENT' ? 'There is no such file.' : `${messageOf(cause)}.`
  return new MillraceError('LOAD_NOT_FOUND', reason, { place: shortPath(file), cause })
}
