/**
 * Writes docs/dynamodb-compatibility.md from what the black-box tests of tables did: `npm run docs:compatibility`, after a
 * build. The table holds what passed, by the names that the tests have (client > operation > case), and nothing is written if
 * one failed. What dynalite's own suite expects and does not get comes from scripts/dynalite-suite.json.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compatibilityReport, root } from './compatibility-report.mjs'

const { numbers, errors } = compatibilityReport('packages/gateway/src/blackbox/dynamodb/clients.test.ts')
const groups = JSON.parse(readFileSync(join(root, 'scripts/dynalite-suite.json'), 'utf8'))
const failing = groups
  .filter(({ isRun }) => isRun !== false)
  .reduce((sum, { tests: list }) => sum + list.length, 0)
const left = groups
  .filter(({ isRun }) => isRun === false)
  .reduce((sum, { tests: list }) => sum + list.length, 0)
const reasons = groups.flatMap(({ reason, isRun, tests: list }) => [
  `### ${list.length} ${list.length === 1 ? 'test' : 'tests'}${isRun === false ? ', not run' : ''}`,
  '',
  reason,
  '',
  ...list.map((each) => `- ${each}`),
  '',
])

const page = `# Which DynamoDB clients and operations were tried?

_Does my client work here, and which faults does it get?_

The tests behind this page call every operation through real clients, signed with a key that is verified, successes and errors, in every run of
continuous integration. A number says how many cases of an operation passed by a client. The page is written from a run in which all of them
passed (\`npm run docs:compatibility\`).

${numbers}

Tried beside these: the document clients of both SDKs for JavaScript (\`lib-dynamodb\`, and \`DocumentClient\` of \`aws-sdk\` 2), leases of a consumer
library with conditional updates, a server that is killed at any moment, thousands of requests that make no sense, and random programs whose
replies are compared with those of dynalite and DynamoDB Local (\`packages/gateway/src/blackbox/dynamodb\`).

PartiQL, backups of single tables, imports, global tables and contributor insights are refused as unknown operations, with what to do instead.

## Errors that were provoked

${errors}

## dynalite's own tests

dynalite has a public suite of tests that can be pointed at a server. \`node scripts/run-dynalite-suite.mjs DIR\` runs it from a checkout in DIR
against a fresh server here and compares. Of its 1,054 tests ${failing} fail on purpose and ${left} are left out:

${reasons.join('\n')}`
writeFileSync(join(root, 'docs/dynamodb-compatibility.md'), `${page.trimEnd()}\n`)
