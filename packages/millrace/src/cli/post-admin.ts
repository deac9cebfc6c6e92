/** Calls of administration pages of the gateway that runs on a data directory, signed by a key of the directory. */
import { adminCredentials, signRequest } from '@millrace/gateway'
import { systemClock } from '@millrace/values'
import { MillraceError, messageOf } from '../error.ts'

export interface AdminPage {
  readonly dir: string
  /** Of the gateway. */
  readonly url: string
  readonly path: string
  /** Errors that the caller understands: thrown under their own code. */
  readonly codes: RegExp
}

type Answer = Promise<{ readonly [name: string]: unknown }>

/** The answer's members; those that are read have to be checked or converted. Errors: ENDPOINT_UNREACHABLE, ENDPOINT_REFUSED. */
export function postAdmin(page: AdminPage, body: object): Answer {
  return callAdmin(page, 'POST', JSON.stringify(body))
}

/** Likewise, of a page that only shows. */
export function getAdmin(page: AdminPage): Answer {
  return callAdmin(page, 'GET', undefined)
}

async function callAdmin(
  { dir, url: gateway, path, codes }: AdminPage,
  method: 'GET' | 'POST',
  text: string | undefined,
): Answer {
  const url = new URL(path, gateway)
  const headers = {
    host: url.host,
    ...(text === undefined ? {} : { 'content-type': 'application/json' }),
  }
  const credentials = adminCredentials(dir)
  // Where no key is known no signature is asked for.
  const signed =
    credentials === undefined
      ? headers
      : signRequest(
          { method, url: url.pathname, headers, body: text ?? '' },
          { credentials, region: 'us-east-1', service: 'millrace', time: systemClock.now() },
        )
  let response: Response
  let answer: unknown
  try {
    response = await fetch(url, { method, headers: signed, ...(text === undefined ? {} : { body: text }) })
    answer = await response.json()
  } catch (error) {
    throw new MillraceError(
      'ENDPOINT_UNREACHABLE',
      `the process that runs on ${dir} does not answer at ${gateway}: ${messageOf(error)}.`,
      { next: 'It may be ending: try again in a moment.', cause: error },
    )
  }
  // Any JSON; the members that are read are checked or converted.
  const fields = (typeof answer === 'object' && answer !== null ? answer : {}) as { [name: string]: unknown }
  if (response.ok) return fields
  throw refusal(fields.error, { status: response.status, codes })
}

/** The gateway's error under its own code, as if it had been thrown here. */
function refusal(
  error: unknown,
  { status, codes }: { readonly status: number; readonly codes: RegExp },
): Error {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown
    message?: unknown
  }
  if (typeof code === 'string' && codes.test(code)) return Object.assign(new Error(String(message)), { code })
  return new MillraceError(
    'ENDPOINT_REFUSED',
    `the gateway refused the call with status ${status}: ${typeof message === 'string' ? message : 'no reason given'}`,
    {
      next: 'Where keys are restricted, make one that may do everything: millrace keys create.',
    },
  )
}
