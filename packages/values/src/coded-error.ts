/** An error with a stable code in front of its message; each package has a class of its own over its table of codes. */
export class CodedError<Code extends string> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(`${code} ${message}`, options)
    this.code = code
  }
}

/** The `code` of any error that has one as a string: ours, those of the layers below, and Node's own. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
