/**
 * Loads a package that need not be installed. Where it is missing, the caller's error says what to install; other failures of the
 * import are passed on.
 */
export async function loadOptional<T>(
  name: string,
  load: () => Promise<T>,
  missing: (cause: unknown) => Error,
): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw isMissing(cause, name) ? missing(cause) : cause
  }
}

function isMissing(error: unknown, name: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') &&
    error.message.includes(name)
  )
}
