/**
 * The cookie of a session. Browsers keep cookies by host and not by port, so the port is in its name: two gateways of one machine do
 * not end each other's sessions. Over TLS the prefix `__Host-` has the browser take it from this host and path alone (RFC 6265bis).
 */

/** `host` as in the request's header: `console.example:4568`. `isSecure`: for a browser that came over TLS. */
export function sessionCookieName(host: string, isSecure: boolean): string {
  const port = /:(\d{1,5})$/.exec(host)?.[1] ?? 'web'
  return `${isSecure ? '__Host-' : ''}millrace-${port}`
}

/** HttpOnly: no script reads it. SameSite=Strict: no other site's page sends it. Without an age it ends with the browser. */
export function sessionCookie(name: string, token: string): string {
  return `${name}=${token}; ${attributes(name)}`
}

export function endedCookie(name: string): string {
  return `${name}=; ${attributes(name)}; Max-Age=0`
}

/** Undefined where there is none, or several of one name: one of these would be another site's. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}

function attributes(name: string): string {
  return `Path=/; HttpOnly; SameSite=Strict${name.startsWith('__Host-') ? '; Secure' : ''}`
}
