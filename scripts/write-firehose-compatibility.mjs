/**
 * Writes docs/firehose-compatibility.md from what the black-box tests of deliveries did: `npm run docs:compatibility`, after a
 * build. The tables hold what passed, and nothing is written if a case failed.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compatibilityReport, root } from './compatibility-report.mjs'

const { numbers, errors } = compatibilityReport('packages/gateway/src/blackbox/firehose/clients.test.ts')

const page = `# Which Firehose clients and operations were tried?

_Does my client work here, and which faults does it get?_

The tests behind this page call every operation through real clients, signed with a key that is verified, successes and errors, and look at the
objects that come out, in every run of continuous integration. A number says how many cases of an operation passed by a client. The page is
written from a run in which all of them passed (\`npm run docs:compatibility\`).

${numbers}

Tried beside these: random inputs by the service's own model, which are taken and refused as the model says; thousands of requests that make no
sense; and a server that is killed at any moment while clients put, after which every record that was acknowledged is in exactly one object
(\`packages/gateway/src/blackbox/firehose\`).

## Errors that were provoked

${errors}

## What differs from AWS

| On AWS | Here |
|---|---|
| Redshift, OpenSearch, Splunk, HTTP endpoints, Snowflake and Iceberg as destinations | refused with \`InvalidArgumentException\`. An app declares deliveries to Iceberg tables, and they are described like any other |
| MSK and databases as sources | refused; read them into a stream |
| ORC | refused; Parquet is written |
| roles, KMS keys, CloudWatch log groups | kept and described, not used: nobody is asked for them |
| at least once | exactly once into the bucket: an object is put under a key that follows from what it holds |
| \`Processors\` without \`Enabled\` | hold, as conversion does; \`Enabled: false\` switches them off |
| log decompression takes records of CloudWatch Logs alone | takes whatever is GZIP, from anybody |
| a record id is opaque | the record's sequence number in the delivery's own stream: ids tell the order of arrival |
| a change holds after minutes | for what is put from the next millisecond on |
| deliveries of an app | take puts, tags and encryption; \`UpdateDestination\` and \`DeleteDeliveryStream\` are refused with \`ResourceInUseException\` |
`
writeFileSync(join(root, 'docs/firehose-compatibility.md'), page)
