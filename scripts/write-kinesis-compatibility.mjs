/**
 * Writes docs/kinesis-compatibility.md from what the black-box tests did: `npm run docs:compatibility`, after a build. The tests run as they
 * run in continuous integration; the table holds what passed, by the names that the tests have (client > operation > case), and
 * nothing is written if one failed. What kinesalite's own suite expects and does not get comes from scripts/kinesalite-suite.json.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runSuites } from './compatibility-report.mjs'

const suites = ['js-sdk', 'python', 'plain'].map((name) => `packages/gateway/src/blackbox/${name}.test.ts`)
const tests = runSuites(suites)

/** operation -> client -> titles */
const passed = new Map()
const clients = new Set()
for (const { ancestorTitles, title, status } of tests) {
  if (status !== 'passed') continue
  const [client, operation] = ancestorTitles.filter((each) => each !== '')
  clients.add(client)
  const byClient = passed.get(operation) ?? new Map()
  byClient.set(client, [...(byClient.get(client) ?? []), title])
  passed.set(operation, byClient)
}

// Files finish in any order.
const order = ['JavaScript SDK', 'boto3', 'AWS CLI', 'Plain', 'CBOR']
const place = (client) => order.findIndex((name) => client.startsWith(name))
const names = [...clients].sort((a, b) => place(a) - place(b))
const operations = [...passed.keys()].sort()
const rows = operations.map((operation) => {
  const byClient = passed.get(operation)
  const cells = names.map((client) => {
    const titles = byClient.get(client)
    return titles === undefined ? '–' : String(titles.length)
  })
  return `| ${operation} | ${cells.join(' | ')} |`
})
const errors = operations.flatMap((operation) => {
  const types = new Set()
  for (const titles of passed.get(operation).values()) {
    for (const title of titles) {
      const fault = /^fails .*: (\w+)$/.exec(title)
      if (fault !== null) types.add(fault[1])
    }
  }
  return types.size === 0 ? [] : [`| ${operation} | ${[...types].sort().join(', ')} |`]
})
const suite = JSON.parse(readFileSync(join(root, 'scripts/kinesalite-suite.json'), 'utf8'))
const groups = Array.isArray(suite) ? suite : suite.groups
const failing = groups
  .filter(({ isRun }) => isRun !== false)
  .reduce((sum, { tests: list }) => sum + list.length, 0)
const kcl = /<artifactId>amazon-kinesis-client<\/artifactId>\s*<version>([^<]+)/.exec(
  readFileSync(join(root, 'packages/gateway/blackbox-java/pom.xml'), 'utf8'),
)[1]
const reasons = groups.flatMap(({ reason, tests: list }) => [
  `### ${list.length} ${list.length === 1 ? 'test' : 'tests'}`,
  '',
  reason,
  '',
  ...list.map((each) => `- ${each}`),
  '',
])

const page = `# Which Kinesis clients and operations were tried?

_Does my client work here, and which faults does it get?_

The tests behind this page call every operation through real clients, signed with a key that is verified, successes and errors, in every run of
continuous integration. A number says how many cases of an operation passed by a client; – means that the client's library does not have the
operation. The page is written from a run in which all of them passed (\`npm run docs:compatibility\`).

| Operation | ${names.join(' | ')} |
|---|${names.map(() => '---').join('|')}|
${rows.join('\n')}

JavaScript over HTTP/2 is the SDK as it comes, with prior knowledge on the plain port. "CBOR of AWS" is encoded and read by the SDK's own
codec, so that ours does not check itself alone. Channels are operations that newer SDKs know and this API does not: they are refused as unknown.

Tried beside these: fan-out over more than one five-minute subscription, records of 10 MiB, a server that is killed at any moment, and ten thousand
requests that make no sense (\`packages/gateway/src/blackbox\`).

## On a JVM

Run by hand and nightly (\`MILLRACE_NIGHTLY=1\`), not in every run of continuous integration, since they need Maven and a JDK:

| Client | What was tried |
|---|---|
| AWS SDK 2 for Java, asynchronous, as it comes | put, read, subscribe, errors by their classes; CBOR over HTTP/2. It sends SubscribeToShard alone in JSON |
| Kinesis Client Library ${kcl} | an application with polling and one with fan-out read a stream over a split, each record once and in order of its key; leases in tables of the same endpoint, as versions 2 and 3 keep them |

Not tried: the Kinesis Producer Library, Flink's connector, Fluent Bit.

## Errors that were provoked

| Operation | Errors |
|---|---|
${errors.join('\n')}

## kinesalite's own tests

kinesalite has a public suite of tests that can be pointed at a server. \`node scripts/run-kinesalite-suite.mjs DIR\` runs it from a checkout in DIR
against a fresh server here and compares. Of its 284 tests ${failing} fail on purpose, mostly because the service has changed since they were written:

${reasons.join('\n')}`
writeFileSync(join(root, 'docs/kinesis-compatibility.md'), `${page.trimEnd()}\n`)
