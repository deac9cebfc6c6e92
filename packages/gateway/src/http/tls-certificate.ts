/**
 * Certificate and key of the TLS port: given by the user, or self-signed and kept in the data directory
 * (`self-signed.pem`, mode 0600), so that a client that trusts it once can go on trusting it. A self-signed one is made
 * anew when it is about to expire or does not name the host.
 */
import { X509Certificate } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '@millrace/values'
import { GatewayError } from '../errors.ts'
import { makeSelfSigned } from './self-signed.ts'

/** PEM texts. */
export type Certificate = 'self-signed' | { readonly cert: string; readonly key: string }

export const selfSignedFileName = 'self-signed.pem'

const day = 24 * 3600 * 1000
/** The longest that browsers accept. */
const validityMs = 825 * day
const renewBeforeMs = 30 * day

interface Place {
  readonly directory: string | undefined
  readonly host: string
  readonly clock: Clock
}

/** Throws GATEWAY_TLS_INVALID. */
export function certificatePems(certificate: Certificate, place: Place): { cert: string; key: string } {
  if (certificate === 'self-signed') return selfSignedPems(place)
  return { cert: pemText(certificate.cert, 'certificate'), key: pemText(certificate.key, 'key') }
}

/** What is no PEM is not shown: it may be a key all the same. */
function pemText(given: string, what: string): string {
  if (given.includes('-----BEGIN')) return given
  throw new GatewayError(
    'GATEWAY_TLS_INVALID',
    `the ${what} is not PEM: it has no line that begins with -----BEGIN. Convert it, or give the right file.`,
  )
}

function selfSignedPems({ directory, host, clock }: Place): { cert: string; key: string } {
  const now = clock.now()
  const names = [...new Set(['localhost', '127.0.0.1', '::1', host])].filter(
    (name) => name !== '0.0.0.0' && name !== '::',
  )
  const path = directory === undefined ? undefined : join(directory, selfSignedFileName)
  const kept = path === undefined ? undefined : readKept(path)
  if (kept !== undefined && isUsable(kept.cert, { names, now })) return kept
  const made = makeSelfSigned({ names, from: now - day, until: now + validityMs })
  if (directory !== undefined && path !== undefined) keep(directory, path, made)
  return made
}

function readKept(path: string): { cert: string; key: string } | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  const blocks = text.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n?/g) ?? []
  const cert = blocks.find((block) => block.includes('BEGIN CERTIFICATE'))
  const key = blocks.find((block) => block.includes('PRIVATE KEY'))
  return cert === undefined || key === undefined ? undefined : { cert, key }
}

function isUsable(cert: string, { names, now }: { names: readonly string[]; now: number }): boolean {
  try {
    const parsed = new X509Certificate(cert)
    const isInTime = Date.parse(parsed.validFrom) <= now && now < Date.parse(parsed.validTo) - renewBeforeMs
    return isInTime && names.every((name) => (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name)))
  } catch {
    return false
  }
}

function keep(directory: string, path: string, { cert, key }: { cert: string; key: string }): void {
  try {
    mkdirSync(directory, { recursive: true })
    const file = openSync(`${path}.new`, 'w', 0o600)
    writeSync(file, cert + key)
    closeSync(file)
    renameSync(`${path}.new`, path)
  } catch (error) {
    throw new GatewayError('GATEWAY_TLS_INVALID', `${path} cannot be written`, { cause: error })
  }
}
