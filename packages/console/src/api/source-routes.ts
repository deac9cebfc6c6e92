/**
 * The sources of a running app over HTTP: what `millrace source` calls, and a console may call. docs/cdc.md describes each page.
 * A request goes to the source as it is; what it may be, the source says.
 */
import { AdminProblem, type AdminRequest, adminRoute, type Routes } from '@millrace/gateway'
import type { RunningApp } from '@millrace/runtime'
import { codeOf, messageOf } from '@millrace/values'

export const sourcePath = '/admin/sources'

/** The app whose sources are meant; set when it has started. */
export interface SourceDoor {
  app: Pick<RunningApp, 'sources' | 'requestSource'> | undefined
}

export function sourceRoutes(door: SourceDoor): Routes {
  const appOf = () => {
    if (door.app !== undefined) return door.app
    throw new AdminProblem(
      'SOURCE_REQUEST',
      'The app is starting: its sources are not open yet. Try again in a moment.',
      503,
    )
  }
  const request = async ({ body }: AdminRequest) => {
    const { source, request: asked } = body
    if (typeof source !== 'string' || asked === undefined)
      throw new AdminProblem('VALUE_MISSING', '"source" (a text) and "request" are needed.')
    try {
      return { answer: (await appOf().requestSource(source, asked)) ?? null }
    } catch (error) {
      if (error instanceof AdminProblem) throw error
      const code = codeOf(error)
      if (code === undefined || !/^(SOURCE|CDC)_/.test(code)) throw error
      throw new AdminProblem(code, messageOf(error), 409)
    }
  }
  return new Map([
    [sourcePath, adminRoute('millrace:ListSources', () => ({ sources: appOf().sources() }))],
    [`POST ${sourcePath}/request`, adminRoute('millrace:ChangeSources', request)],
  ])
}
