/**
 * Synchronous module hooks, where Node has them and strips types by itself (22.18 and newer); undefined elsewhere.
 * The types are ours, since those of the lowest supported Node do not know them.
 */
import * as nodeModule from 'node:module'

interface Resolved {
  readonly url: string
  readonly shortCircuit?: boolean
}

export type RegisterHooks = (hooks: {
  resolve(
    specifier: string,
    context: unknown,
    nextResolve: (specifier: string, context: unknown) => Resolved,
  ): Resolved
}) => unknown

export const registerHooks: RegisterHooks | undefined = findHooks()

function findHooks(): RegisterHooks | undefined {
  const stripsTypes = 'typescript' in process.features && Boolean(process.features.typescript)
  if (!stripsTypes || !('registerHooks' in nodeModule)) return undefined
  // Documented for the versions that pass the test above: https://nodejs.org/api/module.html#moduleregisterhooksoptions
  return nodeModule.registerHooks as RegisterHooks
}
