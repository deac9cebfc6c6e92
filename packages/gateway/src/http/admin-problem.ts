/** A fault of an administration page's caller, with the status that says so. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}
