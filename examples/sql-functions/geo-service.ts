/** Stands in for a service that knows where an address is: its answer takes a moment, here that of reading a file. */
import { readFile } from 'node:fs/promises'

const file = new URL('./networks.json', import.meta.url)

/** What the networks say of an address; null for one that they do not have. */
export function countryIn(networks: { readonly [network: string]: string }, ip: string): string | null {
  return networks[ip.slice(0, ip.lastIndexOf('.'))] ?? null
}

export async function askGeoService(ip: string, signal: AbortSignal): Promise<string | null> {
  // The file is of our own making.
  const networks = JSON.parse(await readFile(file, { encoding: 'utf8', signal })) as Record<string, string>
  return countryIn(networks, ip)
}
