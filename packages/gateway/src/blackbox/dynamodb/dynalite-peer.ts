/** dynalite, another server of the DynamoDB API, in this process, in memory. */
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@millrace/values'
import { TablePeer } from './table-peer.ts'

// It has no types of its own.
const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server

export async function startDynalite(): Promise<TablePeer> {
  const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // It listens on a port, not on a pipe.
  return new TablePeer({
    name: 'dynalite',
    url: `http://127.0.0.1:${port}`,
    clock: systemClock,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  })
}
