/** Tables: listed, made (at once or staged), loaded, changed by commits, dropped, renamed. */
import type { LoadedTable, TableName, TableUpdate } from '@millrace/lake'
import type { RouteReply } from '../http/routes.ts'
import { creationUpdates } from './fresh-ids.ts'
import {
  isObject,
  type JsonObject,
  orderOf,
  parseBody,
  requirementsOf,
  schemaOf,
  specOf,
  tableNameOf,
  textOf,
  textsOf,
  updatesOf,
} from './request-body.ts'
import type { RestCall } from './rest-call.ts'
import { badRequest, emptyReply, jsonReply, RestProblem, unsupported } from './rest-problem.ts'

export async function answerTables(call: RestCall, namespace: readonly string[]): Promise<RouteReply> {
  const { request, warehouse, authorize } = call
  if (request.method === 'POST') return create(call, namespace)
  authorize('ListTables')
  return jsonReply({ identifiers: await warehouse.catalog.listTables(namespace) })
}

export async function answerTable(
  { request, warehouse, authorize }: RestCall,
  table: TableName,
): Promise<RouteReply> {
  const { catalog } = warehouse
  const name: TableName = { namespace: table.namespace, name: table.name }
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      authorize('LoadTable', name)
      const loaded = await catalog.loadTable(name)
      if (loaded === undefined) throw missing(name)
      return request.method === 'HEAD' ? emptyReply : loadReply(loaded)
    }
    case 'POST': {
      authorize('CommitTable', name)
      const { metadata, metadataLocation } = await commit(warehouse, name, parseBody(request.body))
      return jsonReply({ 'metadata-location': metadataLocation, metadata })
    }
    default:
      authorize('DropTable', name)
      await catalog.dropTable(name, { purge: request.query.get('purgeRequested')?.toLowerCase() === 'true' })
      return emptyReply
  }
}

export async function answerRename({ request, warehouse, authorize }: RestCall): Promise<RouteReply> {
  const body = request.method === 'POST' ? parseBody(request.body) : {}
  const from = tableNameOf(body.source, 'source')
  const to = tableNameOf(body.destination, 'destination')
  authorize('RenameTable', from)
  authorize('RenameTable', to)
  await warehouse.catalog.renameTable(from, to)
  return emptyReply
}

/** Several tables at once need a catalog that can change several at once; ours changes one. */
export async function answerTransaction({ request, warehouse, authorize }: RestCall): Promise<RouteReply> {
  const changes = request.method === 'POST' ? parseBody(request.body)['table-changes'] : undefined
  const [change, ...others] = Array.isArray(changes) ? changes : []
  if (!isObject(change)) throw badRequest('"table-changes" has to be a list of changes')
  if (others.length > 0)
    throw unsupported('One transaction can change one table here. Commit the tables one after the other.')
  const name = tableNameOf(change.identifier, 'identifier')
  authorize('CommitTable', name)
  await commit(warehouse, name, change)
  return emptyReply
}

async function create(
  { request, warehouse, authorize }: RestCall,
  namespace: readonly string[],
): Promise<RouteReply> {
  const { catalog } = warehouse
  const body = parseBody(request.body)
  const name: TableName = { namespace, name: textOf(body, 'name') }
  authorize('CreateTable', name)
  const { 'format-version': version = '2', ...properties } = textsOf(body.properties, 'properties')
  if (version !== '2')
    throw badRequest(
      `Tables are of version 2 of the format here, not ${version}. Leave "format-version" out.`,
    )
  // Where a client wants a table elsewhere than here, its rows could not be found by others.
  const location = warehouse.location(name)
  if (typeof body.location === 'string' && body.location.replace(/\/+$/, '') !== location)
    throw badRequest(`The table's place is ${location}, not ${body.location}. Leave "location" out.`)
  const updates = creationUpdates({
    name: name.name,
    location,
    schema: schemaOf(body.schema),
    spec: specOf(body['partition-spec']),
    order: orderOf(body['write-order']),
    properties,
  })
  if (body['stage-create'] !== true) return loadReply(await catalog.createTable(name, updates))
  if ((await catalog.loadTable(name)) !== undefined)
    throw new RestProblem(409, 'AlreadyExistsException', `There is a table ${shown(name)} already.`)
  return jsonReply({ metadata: warehouse.staged(updates), config: {} })
}

async function commit(
  { catalog, location: locationOf }: RestCall['warehouse'],
  name: TableName,
  body: JsonObject,
): Promise<LoadedTable> {
  const location = locationOf(name)
  const requirements = requirementsOf(body.requirements)
  const updates = updatesOf(body.updates)
  checkManifestLists(updates, location)
  return requirements.some(({ type }) => type === 'assert-create')
    ? catalog.createTable(name, updates)
    : catalog.commitTable(name, requirements, updates)
}

/** Else who may change one table could read another through it, and lose the other's files when snapshots expire. */
function checkManifestLists(updates: readonly TableUpdate[], location: string): void {
  for (const update of updates) {
    if (update.action !== 'add-snapshot') continue
    const list: unknown = update.snapshot['manifest-list']
    const isBelow =
      typeof list === 'string' &&
      plain(list).startsWith(`${plain(location)}/`) &&
      !list.split('/').includes('..')
    if (!isBelow)
      throw badRequest(
        `The manifest list ${JSON.stringify(list)} of a snapshot has to lie below the table's place, ${location}.`,
      )
  }
}

/** Clients write the same place of a local file with one slash or three. */
function plain(url: string): string {
  return url.replace(/^file:\/+/, 'file:/').replace(/^s3[an]:/, 's3:')
}

function loadReply({ metadata, metadataLocation }: LoadedTable): RouteReply {
  return jsonReply({ 'metadata-location': metadataLocation, metadata, config: {} })
}

function missing(table: TableName): RestProblem {
  return new RestProblem(404, 'NoSuchTableException', `There is no table ${shown(table)}.`)
}

function shown({ namespace, name }: TableName): string {
  return [...namespace, name].join('.')
}
