/** Clients of tables and of their streams, over the libraries that the other services are tested with. */
import * as tables from '@aws-sdk/client-dynamodb'
import * as streams from '@aws-sdk/client-dynamodb-streams'
import type { TestServer } from '../../../testing/test-server.ts'
import type { BlackboxClient } from '../../client.ts'
import { type JsLibrary, JsServiceClient } from '../../clients/js-service-client.ts'
import { PlainClient, type PlainClientOptions } from '../../clients/plain-client.ts'
import type { PythonDriver } from '../../clients/python-client.ts'
import { PythonServiceClient } from '../../clients/python-service-client.ts'
import { serviceOf } from '../cases/table-case.ts'
import { fromLibrary, toLibrary } from './wire-form.ts'

const libraries: Readonly<Record<'dynamodb' | 'dynamodbstreams', JsLibrary>> = {
  dynamodb: {
    name: 'dynamodb',
    exports: tables,
    // Commands are of the same library.
    open: (settings) => new tables.DynamoDBClient(settings) as unknown as ReturnType<JsLibrary['open']>,
  },
  dynamodbstreams: {
    name: 'dynamodbstreams',
    exports: streams,
    // As above.
    open: (settings) =>
      new streams.DynamoDBStreamsClient(settings) as unknown as ReturnType<JsLibrary['open']>,
  },
}

type Place = Pick<TestServer, 'url' | 'credentials'>

export function jsTableClient({ url, credentials }: Place): BlackboxClient {
  return new JsServiceClient({
    url,
    credentials,
    form: { toLibrary, fromLibrary },
    libraryOf: (operation) => libraries[serviceOf(operation)],
  })
}

export function pythonTableClient(
  { url, credentials }: Place,
  { driver, library }: { readonly driver: PythonDriver; readonly library: 'boto3' | 'cli' },
): BlackboxClient {
  return new PythonServiceClient({ driver, library, url, credentials, serviceOf, toDriver, fromLibrary })
}

/** Requests as they stand on the wire. */
export function plainTableClient({
  url,
  credentials,
  clock,
}: Pick<PlainClientOptions, 'url' | 'credentials' | 'clock'>): BlackboxClient {
  return new PlainClient({
    url,
    credentials,
    clock,
    codec: {
      title: 'Plain JSON',
      contentType: 'application/x-amz-json-1.0',
      encode: (input) => Buffer.from(JSON.stringify(input)),
      decode: (bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')),
    },
    service: 'dynamodb',
    targetOf: (operation) =>
      `${serviceOf(operation) === 'dynamodb' ? 'DynamoDB' : 'DynamoDBStreams'}_20120810.${operation}`,
    typeOf: (type) => type.slice(type.indexOf('#') + 1),
  })
}

function toDriver(value: unknown, name = ''): unknown {
  if (name === 'B') return { $bytes: value }
  if (name === 'BS' && Array.isArray(value)) return value.map((each) => toDriver(each, 'B'))
  if (Array.isArray(value)) return value.map((each) => toDriver(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toDriver(member, key)]))
}
