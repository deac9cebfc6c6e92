/**
 * The REST catalog protocol of Apache Iceberg (open-api/rest-catalog-open-api.yaml) in front of table catalogs, so that PyIceberg,
 * Spark, Trino and others find the tables: configuration, tokens, namespaces, tables (list, load, create at once or staged, commit,
 * drop, rename), reports of metrics, which are taken and dropped; there are no views. A warehouse is a table catalog: clients name one
 * in the configuration and get its name as the prefix of their paths; without a name they get the only one.
 *
 * Who may call: as with pages of the administration, on loopback without keys everybody but other web pages; else whoever has a token
 * for an access key, or signs. What a key's policy has to allow is `iceberg:LoadTable` and the like, on `table/<namespace>.<name>`.
 */
import { AdminProblem } from '../http/admin-problem.ts'
import { assertTrustedPage } from '../http/admit-request.ts'
import type { RouteReply, RouteRequest, RouteTree } from '../http/routes.ts'
import { WireError } from '../wire/wire-error.ts'
import { answerNamespace, answerNamespaces } from './namespace-operations.ts'
import type { RestCall, Warehouse } from './rest-call.ts'
import { parseRestPath, prefixOf, type RestPath } from './rest-path.ts'
import { badRequest, emptyReply, jsonReply, problemOf, problemReply, RestProblem } from './rest-problem.ts'
import { answerRename, answerTable, answerTables, answerTransaction } from './table-operations.ts'
import { answerToken } from './token-operation.ts'

export interface IcebergRestOptions {
  /** Default `/iceberg/`. */
  readonly prefix?: string
  /** Names, in order. */
  warehouses(): readonly string[]
  /** Undefined: there is none of this name. */
  open(warehouse: string): Warehouse | undefined
}

export function icebergRestTree(options: IcebergRestOptions): RouteTree {
  const prefix = options.prefix ?? '/iceberg/'
  return {
    prefix,
    route: async (request) => {
      try {
        assertTrustedPage(request)
        const path = parseRestPath(request.path.slice(prefix.length))
        if (path === undefined) throw noSuchPath(request)
        return await answer(options, request, path)
      } catch (error) {
        const problem = problemOf(error) ?? wireProblem(error)
        if (problem === undefined) throw error
        return problemReply(problem)
      }
    },
  }
}

async function answer(
  options: IcebergRestOptions,
  request: RouteRequest,
  path: RestPath,
): Promise<RouteReply> {
  if (path.kind === 'tokens') return answerToken(request)
  const caller = request.authenticateToken()
  if (path.kind === 'config') {
    caller.authorize('iceberg:GetConfig', '*')
    return config(options, request)
  }
  const call: RestCall = {
    request,
    warehouse: warehouseOf(options, path.warehouse),
    authorize: (action, table) =>
      caller.authorize(
        `iceberg:${action}`,
        table === undefined
          ? '*'
          : `arn:millrace:iceberg:::table/${[...table.namespace, table.name].join('.')}`,
      ),
  }
  switch (path.kind) {
    case 'namespaces':
      return answerNamespaces(call)
    case 'namespace':
      return answerNamespace(call, path.namespace)
    case 'tables':
      return answerTables(call, path.namespace)
    case 'table':
      return answerTable(call, path)
    case 'rename':
      return answerRename(call)
    case 'transaction':
      return answerTransaction(call)
    case 'metrics':
      call.authorize('LoadTable', path)
      return emptyReply
    case 'credentials':
      call.authorize('LoadTable', path)
      return jsonReply({ 'storage-credentials': [] })
    case 'views':
      call.authorize('ListTables')
      if (request.method === 'GET') return jsonReply({ identifiers: [] })
      throw noSuchPath(request)
    case 'view':
      throw new RestProblem(
        404,
        'NoSuchViewException',
        `There is no view ${path.name}: views are not kept here.`,
      )
    case 'properties':
    case 'register':
    case 'plan':
      throw noSuchPath(request)
  }
}

/** What is served, as clients ask before they call. */
const endpoints = [
  'GET /v1/{prefix}/namespaces',
  'POST /v1/{prefix}/namespaces',
  'GET /v1/{prefix}/namespaces/{namespace}',
  'HEAD /v1/{prefix}/namespaces/{namespace}',
  'DELETE /v1/{prefix}/namespaces/{namespace}',
  'GET /v1/{prefix}/namespaces/{namespace}/tables',
  'POST /v1/{prefix}/namespaces/{namespace}/tables',
  'GET /v1/{prefix}/namespaces/{namespace}/tables/{table}',
  'HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}',
  'POST /v1/{prefix}/namespaces/{namespace}/tables/{table}',
  'DELETE /v1/{prefix}/namespaces/{namespace}/tables/{table}',
  'POST /v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics',
  'POST /v1/{prefix}/tables/rename',
  'POST /v1/{prefix}/transactions/commit',
  'GET /v1/{prefix}/namespaces/{namespace}/views',
]

function config(options: IcebergRestOptions, { query }: RouteRequest): RouteReply {
  const asked = query.get('warehouse') ?? undefined
  const all = options.warehouses()
  if (asked !== undefined && options.open(asked) === undefined) throw noWarehouse(options, asked)
  const name = asked ?? (all.length === 1 ? all[0] : undefined)
  return jsonReply({
    defaults: {},
    overrides: name === undefined ? {} : { prefix: prefixOf(name) },
    endpoints,
  })
}

function warehouseOf(options: IcebergRestOptions, name: string | undefined): Warehouse {
  const [first, second] = options.warehouses()
  if (name === undefined && (first === undefined || second !== undefined)) {
    throw badRequest(`Name a warehouse: ${listed(options)}.`)
  }
  const warehouse = options.open(name ?? first ?? '')
  if (warehouse === undefined) throw noWarehouse(options, name ?? '')
  return warehouse
}

function noWarehouse(options: IcebergRestOptions, name: string): RestProblem {
  return new RestProblem(
    404,
    'NotFoundException',
    `There is no warehouse ${JSON.stringify(name)}: ${listed(options)}.`,
  )
}

function listed(options: IcebergRestOptions): string {
  const names = options.warehouses()
  return names.length === 0
    ? 'there is none yet; a delivery to a table makes one'
    : `there are ${names.join(', ')}`
}

function noSuchPath({ method, path }: RouteRequest): RestProblem {
  return new RestProblem(404, 'NoSuchPathException', `${method} ${path} is not served here.`)
}

/** What authentication, policies and the check of the page throw. */
function wireProblem(error: unknown): RestProblem | undefined {
  if (error instanceof AdminProblem) return new RestProblem(error.status, 'ForbiddenException', error.message)
  if (!(error instanceof WireError)) return undefined
  const isForbidden = error.type === 'AccessDeniedException'
  return isForbidden
    ? new RestProblem(403, 'ForbiddenException', error.message)
    : new RestProblem(401, 'NotAuthorizedException', error.message)
}
