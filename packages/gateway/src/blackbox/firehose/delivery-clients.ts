/** Clients of deliveries, over the libraries that the other services are tested with. */
import * as firehose from '@aws-sdk/client-firehose'
import type { TestServer } from '../../testing/test-server.ts'
import type { BlackboxClient } from '../client.ts'
import { type JsLibrary, JsServiceClient } from '../clients/js-service-client.ts'
import { PlainClient, type PlainClientOptions } from '../clients/plain-client.ts'
import type { PythonDriver } from '../clients/python-client.ts'
import { PythonServiceClient } from '../clients/python-service-client.ts'

const library: JsLibrary = {
  name: 'firehose',
  exports: firehose,
  // Commands are of the same library.
  open: (settings) => new firehose.FirehoseClient(settings) as unknown as ReturnType<JsLibrary['open']>,
}

type Place = Pick<TestServer, 'url' | 'credentials'>

export function jsDeliveryClient({ url, credentials }: Place): BlackboxClient {
  return new JsServiceClient({
    url,
    credentials,
    form: {
      toLibrary: (input) => mapped(input, (data) => new Uint8Array(Buffer.from(data, 'base64'))),
      fromLibrary,
    },
    libraryOf: () => library,
  })
}

export function pythonDeliveryClient(
  { url, credentials }: Place,
  { driver, library: name }: { readonly driver: PythonDriver; readonly library: 'boto3' | 'cli' },
): BlackboxClient {
  return new PythonServiceClient({
    driver,
    library: name,
    url,
    credentials,
    serviceOf: () => 'firehose',
    toDriver: (input) => mapped(input, (data) => ({ $bytes: data })),
    fromLibrary,
  })
}

/** Requests as they stand on the wire. */
export function plainDeliveryClient({
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
      contentType: 'application/x-amz-json-1.1',
      encode: (input) => Buffer.from(JSON.stringify(input)),
      decode: (bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')),
    },
    service: 'firehose',
    targetOf: (operation) => `Firehose_20150804.${operation}`,
  })
}

/** Only members named Data are binaries in this API, and only in inputs. */
function mapped(value: unknown, blob: (data: string) => unknown, name = ''): unknown {
  if (name === 'Data' && typeof value === 'string') return blob(value)
  if (Array.isArray(value)) return value.map((each) => mapped(each, blob))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapped(member, blob, key)]))
}

/** Times are dates in libraries, and texts where they are printed for people. */
function fromLibrary(value: unknown, name = ''): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (name.endsWith('Timestamp') && typeof value === 'string') return Date.parse(value) / 1000
  if (Array.isArray(value)) return value.map((each) => fromLibrary(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, fromLibrary(member, key)]),
  )
}
