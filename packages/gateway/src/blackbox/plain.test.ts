/** Every operation as bytes on the wire: JSON, CBOR by our own codec, CBOR by AWS's. */
import { blackboxCases } from './cases/index.ts'
import { awsServer, limitCases } from './cases/limits.ts'
import { PlainClient } from './clients/plain-client.ts'
import { awsCborCodec, jsonCodec, ownCborCodec } from './clients/plain-codecs.ts'
import { type RunOptions, runCases } from './run-cases.ts'

const codecs = {
  'Plain JSON': jsonCodec,
  'Plain CBOR': ownCborCodec,
  'CBOR of AWS (@smithy/core)': awsCborCodec,
}

for (const [title, codec] of Object.entries(codecs)) {
  const options: RunOptions = {
    title,
    kind: 'plain',
    client: ({ url, credentials, clock }) => new PlainClient({ url, credentials, clock, codec }),
  }
  runCases(blackboxCases, options)
  runCases(limitCases, { ...options, server: awsServer })
}
