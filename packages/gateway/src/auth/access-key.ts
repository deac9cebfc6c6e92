/** An access key: who a signature is from and what its owner may do. The secret never leaves this folder but at its creation. */
import { randomBytes } from 'node:crypto'
import type { Policy } from './policy.ts'

export interface AccessKey {
  /** 20 characters, MRAK... for lasting keys, MRAS... for those of a session. */
  readonly id: string
  readonly secret: string
  /** Twelve digits. */
  readonly account: string
  /** Ms since the epoch. */
  readonly createdAt: number
  readonly status: 'active' | 'revoked'
  readonly policy: Policy
  readonly note?: string
  /** A key of a session is used together with its token, up to this time (ms since the epoch). */
  readonly session?: { readonly token: string; readonly expiresAt: number }
}

export const defaultAccount = '000000000000'

export function isAccount(text: string): boolean {
  return /^\d{12}$/.test(text)
}

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function newKeyId(prefix: 'MRAK' | 'MRAS'): string {
  let id: string = prefix
  for (const byte of randomBytes(16)) id += idAlphabet[byte & 31]!
  return id
}

/** 40 characters: 240 bits. */
export function newSecret(): string {
  return randomBytes(30).toString('base64')
}

/**
 * A key for the processes that this one starts for functions: all of the services, nothing of the administration. It ends with
 * the process.
 */
export function makeOwnKey(createdAt: number): AccessKey {
  const identity = { id: newKeyId('MRAK'), secret: newSecret(), account: defaultAccount }
  const policy = [{ allow: ['kinesis:*', 'dynamodb:*', 'cloudwatch:*'], streams: ['*'] }]
  return { ...identity, createdAt, status: 'active', policy }
}

export function newSessionToken(): string {
  return randomBytes(96).toString('base64')
}
