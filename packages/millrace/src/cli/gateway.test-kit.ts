/** A gateway on a store in this process, for commands that are its clients, and a peer that fails as it is told. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openStoreGateway, type StoreGateway } from '@millrace/gateway'
import { openStore, type Store } from '@millrace/store'
import { deaggregate, seededRandom, systemClock } from '@millrace/values'
import { type Folder, temporaryFolder } from './cli-process.test-kit.ts'

export interface GatewayKit {
  readonly folder: Folder
  readonly dataDir: string
  readonly store: Store
  readonly gateway: StoreGateway
  /** Records of a stream by shard, in the order of the log; those of aggregates one by one. */
  records(stream: string): { readonly key: string; readonly text: string }[]
  close(): Promise<void>
}

export async function openGatewayKit(auth?: 'verify'): Promise<GatewayKit> {
  const folder = temporaryFolder()
  const dataDir = join(folder.path, 'data')
  const store = await openStore({ dir: dataDir, clock: systemClock })
  const gateway = await openStoreGateway({
    store,
    clock: systemClock,
    random: seededRandom(1),
    port: 0,
    directory: dataDir,
    ...(auth === undefined ? {} : { auth: { mode: auth } }),
  })
  return {
    folder,
    dataDir,
    store,
    gateway,
    records: (stream) => readRecords(store, stream),
    async close() {
      await gateway.close()
      await store.close()
      folder.remove()
    },
  }
}

function readRecords(store: Store, stream: string) {
  const all: { key: string; text: string }[] = []
  for (const { shard, range } of store.stream(stream)?.shardInfos ?? []) {
    for (const batch of store.read(stream, shard, 0, { maxRecords: 1e9, maxBytes: 1e9 }).batches) {
      if ('reason' in batch) throw new Error(batch.reason)
      for (let i = 0; i < batch.count; i++) {
        const { bytes, keyStart, dataStart } = batch
        const partitionKey = Buffer.from(bytes.subarray(keyStart[i], keyStart[i + 1])).toString()
        const data = bytes.subarray(dataStart[i], dataStart[i + 1])
        for (const user of deaggregate({ partitionKey, data }, range).records)
          all.push({ key: user.partitionKey, text: Buffer.from(user.data).toString() })
      }
    }
  }
  return all
}

export interface Entry {
  readonly Data: string
  readonly PartitionKey: string
}

export type Answer =
  | { readonly kind: 'entries'; readonly refused: (entry: Entry) => string | undefined }
  | { readonly kind: 'error'; readonly status: number; readonly type: string }
  /** The connection breaks before the answer. */
  | { readonly kind: 'drop' }

export interface FaultyPeer {
  readonly url: string
  readonly accepted: readonly Entry[]
  close(): Promise<void>
}

/** Takes PutRecords of any stream, and answers each call as it is told. */
export async function openFaultyPeer(answer: (call: number) => Answer): Promise<FaultyPeer> {
  const accepted: Entry[] = []
  let calls = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    // The client under test sends PutRecords; anything else fails the test by what it is not.
    const { Records } = JSON.parse(Buffer.concat(chunks).toString()) as { Records: Entry[] }
    const how = answer(calls++)
    if (how.kind === 'drop') return request.socket.destroy()
    response.setHeader('content-type', 'application/x-amz-json-1.1')
    if (how.kind === 'error') {
      response.statusCode = how.status
      return response.end(JSON.stringify({ __type: how.type, message: 'as told' }))
    }
    const outcomes = Records.map((entry) => {
      const ErrorCode = how.refused(entry)
      if (ErrorCode !== undefined) return { ErrorCode, ErrorMessage: 'as told' }
      accepted.push(entry)
      return { ShardId: 'shardId-000000000000', SequenceNumber: String(accepted.length) }
    })
    const FailedRecordCount = outcomes.filter((outcome) => 'ErrorCode' in outcome).length
    return response.end(JSON.stringify({ FailedRecordCount, Records: outcomes }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    accepted,
    close: () => new Promise((resolve) => server.close(() => resolve()) && server.closeAllConnections()),
  }
}
