/** Where a running gateway says how it is reached: a file in its data directory. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from './write-file.ts'

const addressFile = 'gateway.json'

/** How a running gateway is reached. */
export interface GatewayAddress {
  readonly url: string
  readonly tlsUrl?: string
  readonly pid: number
}

export function writeAddress(dataDir: string, address: GatewayAddress): void {
  writeFileAtomic(join(dataDir, addressFile), `${JSON.stringify(address)}\n`)
}

export function removeAddress(dataDir: string): void {
  rmSync(join(dataDir, addressFile), { force: true })
}

/** The address of the gateway that runs on this data, if its process is alive. */
export function readAddress(dataDir: string): GatewayAddress | undefined {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(join(dataDir, addressFile), 'utf8'))
  } catch {
    // No gateway has run here, or it ended while it wrote: there is none to be reached.
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('url' in value) || !('pid' in value)) return undefined
  const { url, pid } = value
  if (typeof url !== 'string' || typeof pid !== 'number') return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is alive and another user's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined
  }
  return {
    url,
    pid,
    ...('tlsUrl' in value && typeof value.tlsUrl === 'string' ? { tlsUrl: value.tlsUrl } : {}),
  }
}
