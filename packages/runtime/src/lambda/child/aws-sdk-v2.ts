/**
 * Leads `aws-sdk` v2, which does not know AWS_ENDPOINT_URL as the later SDKs do, to the same endpoint: its configuration is
 * set once, right when the handler loads it. What the handler sets itself wins. A bundle that has the SDK inside cannot be
 * reached this way.
 */
import Module from 'node:module'

interface SdkConfig {
  update(settings: { readonly endpoint: string }): void
  endpoint?: unknown
}

type Load = (this: unknown, request: string, parent: unknown, isMain: boolean) => unknown

export function directAwsSdkV2(endpoint: string): void {
  // Node's own loader of CommonJS modules; it has no types, and has kept this shape since its beginning.
  const loader = Module as unknown as { _load: Load }
  const load = loader._load
  const directed = new WeakSet<object>()
  loader._load = function (request, parent, isMain) {
    const exported = load.call(this, request, parent, isMain)
    // Clients that are loaded one by one go through the SDK's core.
    if (!request.includes('aws-sdk') && !request.endsWith('/core')) return exported
    const config = configOf(exported)
    if (config !== undefined && !directed.has(config)) {
      directed.add(config)
      config.update({ endpoint })
    }
    return exported
  }
}

function configOf(exported: unknown): SdkConfig | undefined {
  if (exported === null || (typeof exported !== 'object' && typeof exported !== 'function')) return undefined
  // Modules of the SDK load one another in rings: to ask half of one for what it has not yet would warn the user.
  if (!('VERSION' in exported && 'config' in exported)) return undefined
  const { VERSION, config } = exported
  if (typeof VERSION !== 'string' || !VERSION.startsWith('2.')) return undefined
  if (typeof config !== 'object' || config === null || !('update' in config)) return undefined
  // It is the SDK's, of version 2: update(settings) is its documented method.
  return typeof config.update === 'function' ? (config as SdkConfig) : undefined
}
