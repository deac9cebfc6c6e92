/** SQL over HTTP: queries, those that run, saved ones, the history. docs/query.md and docs/console-api.md describe each page. */
import { AdminProblem, type AdminRequest, adminRoute, type Routes } from '@millrace/gateway'
import { defaultDatabase, type QueryOptions } from '@millrace/lake'
import type { Clock } from '@millrace/values'
import { answerQuery } from './answer-query.ts'
import type { LakeHandle } from './lake-handle.ts'
import { accessOf, limitOf, milliseconds, needed, told } from './request-values.ts'
import { RunningQueries } from './running-queries.ts'

export const queryPath = '/admin/query'

const rows = { unless: 1_000, max: 100_000 }

export function queryRoutes({ query, quietQuery, book }: LakeHandle, clock: Clock): Routes {
  const running = new RunningQueries(clock)
  const run = async (request: AdminRequest) => {
    const { body, caller, signal } = request
    const limit = limitOf(body.limit, rows)
    const sql = needed('sql', body.sql)
    const options = queryOptions(body)
    const access = caller === undefined ? {} : { access: accessOf(request) }
    const asked = running.begin({
      sql,
      database: options.database ?? defaultDatabase,
      id: idOf(body.id),
      signal,
    })
    try {
      return await answerQuery(body.record === false ? quietQuery : query, clock, {
        sql,
        limit,
        options: { ...options, ...access, signal: asked.signal },
        onRows: (count) => {
          asked.rows = count
        },
      })
    } finally {
      asked.end()
    }
  }
  const cancel = ({ body }: AdminRequest) => ({ canceled: running.cancel(needed('id', body.id)) })
  const save = async ({ body }: AdminRequest) => {
    await book.save({ name: needed('name', body.name), sql: needed('sql', body.sql) })
    return { saved: body.name }
  }
  const remove = async ({ body }: AdminRequest) => {
    await book.remove(needed('name', body.name))
    return { removed: body.name }
  }
  const page = (handler: (request: AdminRequest) => unknown) => adminRoute('millrace:RunQuery', told(handler))
  return new Map([
    [`POST ${queryPath}`, page(run)],
    [`${queryPath}/running`, page(() => ({ queries: running.list() }))],
    [`POST ${queryPath}/cancel`, page(cancel)],
    [
      `${queryPath}/history`,
      page(async ({ query: asked }) => ({ queries: await book.history(limitOf(asked.get('limit'), rows)) })),
    ],
    [`${queryPath}/saved`, page(async () => ({ queries: await book.list() }))],
    [`POST ${queryPath}/saved`, page(save)],
    [`POST ${queryPath}/saved/remove`, page(remove)],
  ])
}

function queryOptions(body: AdminRequest['body']): QueryOptions {
  const { database, asOf, parameters, timeoutMs } = body
  if (parameters !== undefined && !(Array.isArray(parameters) && parameters.every(isParameter)))
    throw new AdminProblem('VALUE_INVALID', '"parameters" has to be a list of texts and nulls.')
  return {
    ...(database === undefined ? {} : { database: needed('database', database) }),
    ...(asOf === undefined ? {} : { asOf: milliseconds('asOf', asOf) }),
    // Just checked.
    ...(parameters === undefined ? {} : { parameters: parameters as (string | null)[] }),
    ...(timeoutMs === undefined ? {} : { timeoutMs: milliseconds('timeoutMs', timeoutMs) }),
  }
}

function isParameter(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

function idOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^[A-Za-z0-9-]{8,64}$/.test(value)) return value
  throw new AdminProblem('VALUE_INVALID', '"id" has to be a text of 8 to 64 letters, digits and dashes.')
}
