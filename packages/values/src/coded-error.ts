/** An error with a stable code in front of its message; each package has a class of its own over its table of codes. */
export class CodedError<Code extends string> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(`${code} ${message}`, options)
    this.code = code
  }
}
