/** Namespaces: listed, made, looked at, dropped. They have no properties here; those that are given are passed to the catalog. */
import type { RouteReply } from '../http/routes.ts'
import { namespaceOf, parseBody, textsOf } from './request-body.ts'
import type { RestCall } from './rest-call.ts'
import { emptyReply, jsonReply, RestProblem, unsupported } from './rest-problem.ts'

export async function answerNamespaces({ request, warehouse, authorize }: RestCall): Promise<RouteReply> {
  const { catalog } = warehouse
  if (request.method === 'POST') {
    authorize('CreateNamespace')
    const body = parseBody(request.body)
    const namespace = namespaceOf(body.namespace, 'namespace')
    const properties = textsOf(body.properties, 'properties')
    await catalog.createNamespace(namespace, properties)
    return jsonReply({ namespace, properties })
  }
  authorize('ListNamespaces')
  const parent = request.query.get('parent')
  const found = await catalog.listNamespaces(
    parent === null || parent === '' ? undefined : parent.split('\u001f'),
  )
  return jsonReply({ namespaces: found })
}

export async function answerNamespace(
  { request, warehouse, authorize }: RestCall,
  namespace: readonly string[],
): Promise<RouteReply> {
  const { catalog } = warehouse
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      authorize('GetNamespace')
      const parent = namespace.slice(0, -1)
      const siblings = await catalog.listNamespaces(parent.length === 0 ? undefined : parent)
      const last = namespace.at(-1)
      if (!siblings.some((sibling) => sibling.at(-1) === last)) {
        throw new RestProblem(
          404,
          'NoSuchNamespaceException',
          `There is no namespace ${namespace.join('.')}.`,
        )
      }
      return request.method === 'HEAD' ? emptyReply : jsonReply({ namespace, properties: {} })
    }
    case 'DELETE':
      authorize('DropNamespace')
      await catalog.dropNamespace(namespace)
      return emptyReply
    default:
      throw unsupported(`A namespace takes no ${request.method}.`)
  }
}
