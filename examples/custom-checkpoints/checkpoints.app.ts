/**
 * Ten messages go into a table at once. Three Lambda functions read its changes, a batch of ten each, and each of them
 * meets a message that fails:
 *
 *   messages.ndjson -> arrivals -> keep -> Messages -> changes -> whole        throws; the batch is tried again as it is
 *                                                             -> halves       throws; the batch is cut in two
 *                                                             -> checkpoints  says which message failed
 */
import { fileURLToPath } from 'node:url'
import { defineApp, file } from 'millrace'

const messagesFile = fileURLToPath(new URL('messages.ndjson', import.meta.url))

export default defineApp('custom-checkpoints', (app) => {
  const arrivals = app.stream('arrivals')
  const messages = app.table('Messages', { partitionKey: { number: 'number' }, changes: 'NEW_IMAGE' })

  app.source(file({ path: messagesFile, partitionKey: '$.number' }), { into: arrivals })
  // One call, one commit: the ten changes come as one batch.
  app.function('keep', { from: arrivals, batchSize: 10 }, (records) => messages.put(records))

  const mapping = { from: messages.changes, code: 'handlers', batchSize: 10, maximumRetryAttempts: 2 }
  app.lambda('whole', { ...mapping, handler: 'strict.handler' })
  app.lambda('halves', { ...mapping, handler: 'strict.handler', bisectBatchOnFunctionError: true })
  app.lambda('checkpoints', {
    ...mapping,
    handler: 'checkpoint.handler',
    functionResponseTypes: ['ReportBatchItemFailures'],
  })
})
