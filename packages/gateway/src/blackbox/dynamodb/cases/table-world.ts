/** What a case of tables finds around it: a server, a second client that prepares and looks after, names nobody has used. */
import type { TestServer } from '../../../testing/test-server.ts'
import type { BlackboxClient, Members } from '../../client.ts'
import { PlainClient } from '../../clients/plain-client.ts'
import { jsonCodec } from '../../clients/plain-codecs.ts'

export const account = '000000000000'
export const region = 'us-east-1'

/** Keys `pk` (S) and `sk` (N), billed by request. */
export const keyed: Members = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
}

export class TableWorld {
  readonly server: TestServer
  readonly #admin: BlackboxClient
  readonly #streams = new Set<string>()
  #names = 0

  constructor(server: TestServer, admin: BlackboxClient) {
    this.server = server
    this.#admin = admin
  }

  /** A call of the second client, as the owner of all. */
  admin(operation: string, input: Members = {}): Promise<Members> {
    return this.#admin.call(operation, input, 'owner')
  }

  name(): string {
    return `table-${++this.#names}.case_x`
  }

  arn(table: string): string {
    return `arn:aws:dynamodb:${region}:${account}:table/${table}`
  }

  /** A new table with the keys of `keyed`. */
  async table(more: Members = {}): Promise<string> {
    const TableName = this.name()
    await this.admin('CreateTable', { TableName, ...keyed, ...more })
    return TableName
  }

  /** A data stream that is there. */
  async stream(name: string): Promise<void> {
    if (this.#streams.has(name)) return
    this.#streams.add(name)
    const { url, credentials, clock } = this.server
    const kinesis = new PlainClient({ url, credentials, clock, codec: jsonCodec })
    await kinesis.call('CreateStream', { StreamName: name, ShardCount: 1 }, 'owner')
    await kinesis.close()
  }

  async describe(TableName: string): Promise<Members> {
    // By the API's model.
    return (await this.admin('DescribeTable', { TableName })).Table as Members
  }

  async put(TableName: string, ...items: Members[]): Promise<void> {
    for (const Item of items) await this.admin('PutItem', { TableName, Item })
  }

  async get(TableName: string, Key: Members): Promise<unknown> {
    return (await this.admin('GetItem', { TableName, Key, ConsistentRead: true })).Item
  }

  async count(TableName: string): Promise<unknown> {
    return (await this.admin('Scan', { TableName, Select: 'COUNT' })).Count
  }

  /** A table with a change stream. */
  async streamed(): Promise<{
    readonly table: string
    readonly StreamArn: string
    readonly ShardId: string
  }> {
    const table = await this.table({
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    })
    const StreamArn = String((await this.describe(table)).LatestStreamArn)
    const { StreamDescription } = await this.admin('DescribeStream', { StreamArn })
    // By the API's model.
    const { Shards } = StreamDescription as { Shards: readonly { ShardId: string }[] }
    return { table, StreamArn, ShardId: String(Shards[0]?.ShardId) }
  }
}

export function key(pk: string, sk = 1): Members {
  return { pk: { S: pk }, sk: { N: String(sk) } }
}

/** An item with a value of each type. */
export function fullItem(pk: string, sk = 1): Members {
  return {
    ...key(pk, sk),
    binary: { B: 'aGVsbG8=' },
    number: { N: '12345678901234567890.12345678901234567' },
    yes: { BOOL: true },
    nothing: { NULL: true },
    list: { L: [{ S: 'a' }, { N: '1' }, { M: { inner: { B: 'aGk=' } } }] },
    map: { M: { a: { L: [] }, b: { BOOL: false } } },
    strings: { SS: ['x', 'y'] },
    numbers: { NS: ['1', '2.5'] },
    binaries: { BS: ['aGVsbG8='] },
  }
}
