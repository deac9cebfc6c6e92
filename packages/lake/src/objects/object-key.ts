/**
 * Which keys and bucket names are taken, by every kind of store alike, so that objects can move between a folder and S3. S3
 * itself takes more keys; what is refused here could leave a folder or would not come back from one as it went in.
 */
import { LakeError } from '../errors.ts'

/** UTF-8. */
export const keyBytesMax = 1024
/** Of a part between slashes: what file systems take. */
const partBytesMax = 255

/** The folder in which a folder store keeps what is not yet an object. Nothing else begins so. */
export const hiddenFolder = '.millrace'

/** Error: OBJECT_KEY_INVALID. */
export function assertObjectKey(key: string): void {
  const reason = keyProblem(key)
  if (reason === undefined) return
  throw new LakeError(
    'OBJECT_KEY_INVALID',
    `The key ${shownKey(key)} ${reason}. Keys are UTF-8 text of 1 to ${keyBytesMax} bytes, like "orders/2026/11/part-1.parquet".`,
  )
}

/** Others may have put objects under keys that no call here takes; listings leave them out. */
export function isObjectKey(key: string): boolean {
  return keyProblem(key) === undefined
}

function keyProblem(key: string): string | undefined {
  if (key === '') return 'is empty'
  const bytes = Buffer.byteLength(key)
  if (bytes > keyBytesMax) return `has ${bytes} bytes`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(key)) return 'holds a control character'
  if (/\p{Surrogate}/u.test(key)) return 'is not well-formed text: it holds half of a surrogate pair'
  if (key.startsWith('/')) return 'begins with a slash'
  if (key.endsWith('/')) return 'ends in a slash'
  const parts = key.split('/')
  if (parts[0] === hiddenFolder)
    return `begins with "${hiddenFolder}/", where objects are kept while they are written`
  for (const part of parts) {
    if (part === '') return 'holds two slashes in a row'
    if (part === '.' || part === '..') return `holds the part "${part}"`
    if (Buffer.byteLength(part) > partBytesMax)
      return `has a part of more than ${partBytesMax} bytes between slashes`
  }
  return undefined
}

/** For messages. */
export function shownKey(key: string): string {
  const text = JSON.stringify(key)
  return text.length <= 200 ? text : `${text.slice(0, 197)}..."`
}

/** The rules of S3. Error: BUCKET_NAME_INVALID. */
export function assertBucketName(name: string): void {
  const isValid =
    name.length >= 3 &&
    name.length <= 63 &&
    /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name)
  if (isValid) return
  throw new LakeError(
    'BUCKET_NAME_INVALID',
    `${shownKey(name)} cannot be the name of a bucket: that takes 3 to 63 lower-case letters, digits, dots and hyphens, beginning and ending with a letter or digit, without two dots in a row, and is no IP address.`,
  )
}
