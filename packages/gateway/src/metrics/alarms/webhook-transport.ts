/** How a webhook's request goes out: the port, and its form over the network. */
export interface WebhookRequest {
  /** http or https. */
  readonly url: string
  readonly body: string
  /** Aborts when the time for an answer is over, or the gateway stops. */
  readonly signal: AbortSignal
}

/** Gives the status of the reply, whatever it is; follows no redirect. Rejects when there is no reply. */
export type WebhookTransport = (request: WebhookRequest) => Promise<number>

export const fetchWebhook: WebhookTransport = async ({ url, body, signal }) => {
  const { target, authorization } = splitUserInfo(url)
  const response = await fetch(target, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'millrace',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body,
    signal,
    // The event and the secrets of the address go to the host that was configured, and to no other.
    redirect: 'manual',
  })
  await response.body?.cancel()
  return response.status
}

/** fetch refuses addresses with user and password; they mean basic authentication. */
function splitUserInfo(address: string): { target: URL; authorization: string | undefined } {
  const target = new URL(address)
  if (target.username === '' && target.password === '') return { target, authorization: undefined }
  const user = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`
  target.username = ''
  target.password = ''
  return { target, authorization: `Basic ${Buffer.from(user).toString('base64')}` }
}
