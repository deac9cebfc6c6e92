/**
 * CREATE FUNCTION f AS 'id': which function of the host an identifier means. The whole identifier counts first; then its
 * last part, as class names and plain names are spelled: 'com.acme.CountChar' finds count_char.
 */
import type { HostFunction, HostFunctions } from '../../host-function.ts'

/** Several functions where the identifier does not tell them apart. */
export function findHost(hosts: HostFunctions, identifier: string): readonly HostFunction[] {
  const whole = hosts.get(identifier.toUpperCase())
  if (whole !== undefined) return [whole]
  const wanted = lastPart(identifier)
  return [...hosts.values()].filter((host) => lastPart(host.name) === wanted)
}

function lastPart(name: string): string {
  return (name.split(/[./:#$]/).at(-1) ?? name).replaceAll('_', '').toLowerCase()
}
