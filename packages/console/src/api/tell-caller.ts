/** Administration pages answer what their caller does wrong under its own code; everything else is a fault of this process. */
import { AdminProblem, type AdminRequest } from '@millrace/gateway'
import { codeOf, messageOf } from '@millrace/values'

type Work = (request: AdminRequest) => unknown

/** `status` of an error's code; undefined: it is not the caller's. */
export function tellCaller(
  status: (code: string) => number | undefined,
): (work: Work) => (request: AdminRequest) => Promise<unknown> {
  return (work) => async (request) => {
    try {
      return await work(request)
    } catch (error) {
      // Has its status already.
      if (error instanceof AdminProblem) throw error
      const code = codeOf(error)
      const answered = code === undefined ? undefined : status(code)
      if (code === undefined || answered === undefined) throw error
      throw new AdminProblem(code, messageOf(error), answered)
    }
  }
}
