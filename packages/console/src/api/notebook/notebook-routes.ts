/** SQL notebooks over HTTP: cells that are checked, completed, run, saved and promoted. protocol/notebook.ts says the shapes. */
import { AdminEvents, AdminProblem, type AdminRequest, adminRoute, type Routes } from '@millrace/gateway'
import type { ConsoleOptions } from '../../console-options.ts'
import type { ParseAnswer, PromoteRequest } from '../../protocol/notebook.ts'
import { tellCaller } from '../tell-caller.ts'
import { cellAccess } from './cell-access.ts'
import { NotebookFiles } from './notebook-files.ts'
import { checkRequest, needed, optional, runRequest, sessionOf } from './notebook-requests.ts'
import { NotebookSessions } from './notebook-sessions.ts'
import { checkNotebook, checkNotebookName, parseNotebook } from './notebook-text.ts'

const path = '/admin/notebook'

type Body = AdminRequest['body']

export function notebookRoutes({ notebook: host, clock }: ConsoleOptions): Routes {
  if (host === undefined) return new Map()
  const sessions = new NotebookSessions(host, clock)
  const files = new NotebookFiles(host.folders)
  const ask = (work: (request: AdminRequest) => unknown) => adminRoute('millrace:RunNotebook', told(work))
  const read = (work: (request: AdminRequest) => unknown) => adminRoute('millrace:ReadNotebooks', told(work))
  const change = (work: (request: AdminRequest) => unknown) =>
    adminRoute('millrace:ChangeNotebooks', told(work))
  return new Map([
    ['/admin/notebooks', read(() => files.list())],
    [path, read(({ query }) => files.read(checkNotebookName(query.get('name'))))],
    [`${path}/schema`, read((request) => host.schema(cellAccess(request)))],
    [`POST ${path}/check`, read((request) => host.check(checkRequest(request.body), cellAccess(request)))],
    [
      `POST ${path}/complete`,
      read((request) => {
        const { body } = request
        return host.complete({ ...checkRequest(body), position: positionOf(body) }, cellAccess(request))
      }),
    ],
    [`POST ${path}/discover`, read(({ body }) => host.discover(needed('stream', body.stream)))],
    [`POST ${path}/parse`, read(({ body }) => parsed(body))],
    [
      `POST ${path}/run`,
      ask((request) => {
        const { session, cell, job } = runRequest(request.body)
        const access = cellAccess(request)
        return sessions.run(session, cell, access === undefined ? job : { ...job, access })
      }),
    ],
    [
      `POST ${path}/stop`,
      ask(async ({ body }) => {
        await sessions.stop(sessionOf(body.session), needed('cell', body.cell))
        return {}
      }),
    ],
    [
      `${path}/events`,
      ask(({ query, signal }) => new AdminEvents(sessions.events(sessionOf(query.get('session')), signal))),
    ],
    [
      `POST ${path}/save`,
      change(({ body }) => files.save(checkNotebook(body.notebook), optional('version', body.version))),
    ],
    [
      `POST ${path}/delete`,
      change(({ body }) => {
        files.delete(checkNotebookName(body.name), needed('version', body.version))
        return {}
      }),
    ],
    [`POST ${path}/promote`, change(({ body }) => host.promote(promoteRequest(body)))],
  ])
}

function parsed(body: Body): ParseAnswer {
  return { notebook: parseNotebook(checkNotebookName(body.name), needed('text', body.text)) }
}

function promoteRequest(body: Body): PromoteRequest {
  const { text, before } = checkRequest({ ...body, dialect: 'flink' })
  return { name: needed('name', body.name), text, before }
}

function positionOf({ position }: Body): number {
  if (Number.isInteger(position) && Number(position) >= 0) return Number(position)
  throw new AdminProblem('VALUE_INVALID', '"position" has to be a whole number, from 0 on.')
}

/** What is wrong with a cell, a file or a query is the caller's. */
const told = tellCaller((code) => {
  if (!/^(?:NOTEBOOK|DATA|SQL|LAKE_QUERY|CATALOG|OBJECT|BUCKET|ICEBERG|APP|USAGE)(?:_|$)/.test(code))
    return undefined
  return code.endsWith('_UNKNOWN') ? 404 : 400
})
