/**
 * The file of access keys, `access-keys.json` in the data directory:
 *   {"millrace":"access-keys","format":1,"keys":[AccessKey, ...]}
 * Signatures are made with the secret itself, so the file has to hold it; it is readable by its owner only (mode 0600)
 * and replaced by rename, so that readers always see a whole one. Writers take turns: no change is lost, least of all a
 * revocation.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@millrace/values'
import { GatewayError } from '../errors.ts'
import {
  type AccessKey,
  defaultAccount,
  isAccount,
  newKeyId,
  newSecret,
  newSessionToken,
} from './access-key.ts'
import { fullAccess, type Policy, policyAllows } from './policy.ts'
import type { SigningCredentials } from './sign-request.ts'

export const keyFileName = 'access-keys.json'

/** A change takes milliseconds. */
const LOCK_TRIES = 300
const LOCK_WAIT_MS = 10
const sleeper = new Int32Array(new SharedArrayBuffer(4))

export interface NewAccessKey {
  /** Data directory; it is made if it does not exist. */
  readonly directory: string
  readonly clock: Clock
  /** Default 000000000000. */
  readonly account?: string
  /** Default: everything. */
  readonly policy?: Policy
  readonly note?: string
  /** Makes a key of a session, with a token, that expires after this time. */
  readonly durationMs?: number
}

/** A key without its secrets. */
export type ListedAccessKey = Omit<AccessKey, 'secret' | 'session'> & { readonly expiresAt?: number }

/** Makes a key and stores it. This is the only time that its secret is given out. */
export function createAccessKey(options: NewAccessKey): AccessKey {
  const { directory, clock, account = defaultAccount, policy = fullAccess, note, durationMs } = options
  if (!isAccount(account)) {
    throw new GatewayError('GATEWAY_OPTION_INVALID', `account "${account}" has to be twelve digits`)
  }
  if (durationMs !== undefined && !(durationMs > 0)) {
    throw new GatewayError('GATEWAY_OPTION_INVALID', `durationMs ${durationMs} has to be above 0`)
  }
  const problem = policyProblem(policy)
  if (problem !== undefined) throw new GatewayError('GATEWAY_OPTION_INVALID', problem)
  const createdAt = Math.floor(clock.now())
  const key: AccessKey = {
    id: newKeyId(durationMs === undefined ? 'MRAK' : 'MRAS'),
    secret: newSecret(),
    account,
    createdAt,
    status: 'active',
    policy,
    ...(note === undefined ? {} : { note }),
    ...(durationMs === undefined
      ? {}
      : { session: { token: newSessionToken(), expiresAt: createdAt + durationMs } }),
  }
  changeKeys(directory, (keys) => [...keys, key])
  return key
}

/** In order of creation, revoked ones too. */
export function listAccessKeys(directory: string): ListedAccessKey[] {
  return readKeyFile(join(directory, keyFileName)).map(({ secret, session, ...listed }) =>
    session === undefined ? listed : { ...listed, expiresAt: session.expiresAt },
  )
}

/**
 * A key that may do everything, for a command of the directory's owner to sign its own calls with; undefined if there is none.
 * Who may read the file could make one just as well.
 */
export function adminCredentials(directory: string): SigningCredentials | undefined {
  const whole = readKeyFile(join(directory, keyFileName)).find(
    ({ status, session, policy }) =>
      status === 'active' && session === undefined && policyAllows(policy, 'millrace:Administer', '*'),
  )
  return whole === undefined ? undefined : { keyId: whole.id, secret: whole.secret }
}

/** From then on the key is refused. It stays in the list, so that its id is known to have been one. */
export function revokeAccessKey(directory: string, keyId: string): void {
  changeKeys(directory, (keys) => {
    if (!keys.some((key) => key.id === keyId)) {
      throw new GatewayError(
        'GATEWAY_KEY_UNKNOWN',
        `${join(directory, keyFileName)} has no access key "${keyId}"; it has ${keys.length} others`,
      )
    }
    return keys.map((key) => (key.id === keyId ? { ...key, status: 'revoked' } : key))
  })
}

/** Empty where there is no file. Throws GATEWAY_KEYS_INVALID. */
export function readKeyFile(path: string): AccessKey[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new GatewayError('GATEWAY_KEYS_INVALID', `${path} cannot be read. Check who owns it.`, {
      cause: error,
    })
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    // The cause of JSON.parse quotes the text, which holds secrets.
    throw invalidFile(path, 'it is not JSON')
  }
  const { millrace, format, keys } = (content ?? {}) as Readonly<Record<string, unknown>>
  if (millrace !== 'access-keys' || format !== 1 || !Array.isArray(keys)) {
    throw invalidFile(path, 'it does not begin as a file of access keys, format 1')
  }
  keys.forEach((key, i) => {
    const problem = keyProblem(key)
    if (problem !== undefined) throw invalidFile(path, `key ${i + 1}: ${problem}`)
  })
  // keyProblem has checked every member.
  return keys as AccessKey[]
}

/** A mark of the file's state, for cheap comparison; empty where there is no file. Never throws: reading tells what is wrong. */
export function keyFileMark(path: string): string {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat === undefined ? '' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`
  } catch {
    return 'unreachable'
  }
}

/** The new file is made first, which only one can do at a time, and renamed last: it is the lock as well. */
function changeKeys(directory: string, change: (keys: AccessKey[]) => AccessKey[]): void {
  const path = join(directory, keyFileName)
  const next = `${path}.new`
  try {
    mkdirSync(directory, { recursive: true })
    const file = openAlone(next)
    try {
      const keys = change(readKeyFile(path))
      writeSync(file, `${JSON.stringify({ millrace: 'access-keys', format: 1, keys }, null, 2)}\n`)
      fsyncSync(file)
      renameSync(next, path)
    } catch (error) {
      rmSync(next, { force: true })
      throw error
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (error instanceof GatewayError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new GatewayError('GATEWAY_KEYS_INVALID', `${path} cannot be written: ${reason}`, { cause: error })
  }
}

/** Makes a file that is not there yet, or waits a while for whoever has made it. */
function openAlone(path: string): number {
  for (let tries = 0; ; tries++) {
    try {
      return openSync(path, 'wx', 0o600)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      if (tries === LOCK_TRIES) {
        throw new GatewayError(
          'GATEWAY_KEYS_INVALID',
          `${path} is there for long: another command changes the keys, or one was stopped in the middle. In that case remove it.`,
        )
      }
      Atomics.wait(sleeper, 0, 0, LOCK_WAIT_MS)
    }
  }
}

function invalidFile(path: string, reason: string): GatewayError {
  return new GatewayError(
    'GATEWAY_KEYS_INVALID',
    `${path} is not a file of access keys: ${reason}. Restore it from a copy, or remove it and create keys anew.`,
  )
}

/** What is wrong with an entry of the file; undefined if nothing is. */
function keyProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'it is not an object'
  const { id, secret, account, createdAt, status, note, session, policy } = value as Readonly<
    Record<string, unknown>
  >
  if (typeof id !== 'string' || id === '') return '"id" has to be a text'
  if (typeof secret !== 'string' || secret === '') return '"secret" has to be a text'
  if (typeof account !== 'string' || !isAccount(account)) return '"account" has to be twelve digits'
  if (typeof createdAt !== 'number') return '"createdAt" has to be a number'
  if (status !== 'active' && status !== 'revoked') return '"status" has to be active or revoked'
  if (note !== undefined && typeof note !== 'string') return '"note" has to be a text'
  if (session !== undefined) {
    const { token, expiresAt } = (session ?? {}) as Readonly<Record<string, unknown>>
    if (typeof token !== 'string' || typeof expiresAt !== 'number')
      return '"session" needs token and expiresAt'
  }
  return policyProblem(policy)
}

function policyProblem(policy: unknown): string | undefined {
  const isTexts = (list: unknown) => Array.isArray(list) && list.every((item) => typeof item === 'string')
  const isPolicy =
    Array.isArray(policy) &&
    policy.every(
      (statement: unknown) =>
        typeof statement === 'object' &&
        statement !== null &&
        'allow' in statement &&
        'streams' in statement &&
        isTexts(statement.allow) &&
        isTexts(statement.streams),
    )
  return isPolicy
    ? undefined
    : 'a policy has to be a list of {"allow": [actions], "streams": [name patterns]}'
}
