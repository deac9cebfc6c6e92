/**
 * `folder/file.export`, as AWS writes a handler: the file's name ends at the first dot of the last part of the path, and what
 * follows names an export, or a property of one (`app.routes.orders`). Pure; the host and the handler's process share it.
 */

export interface HandlerName {
  /** Path of the file below the code's folder, without extension: `src/app`. */
  readonly module: string
  /** Names to follow from the module's exports. */
  readonly path: readonly string[]
}

/** Undefined for what is no handler name, also where it leads out of the code's folder. */
export function parseHandlerName(text: string): HandlerName | undefined {
  const slash = text.lastIndexOf('/')
  const dot = text.indexOf('.', slash + 1)
  const [module, path] = [text.slice(0, dot), text.slice(dot + 1).split('.')]
  if (dot <= slash + 1 || path.includes('')) return undefined
  if (text.startsWith('/') || module.split('/').includes('..')) return undefined
  return { module, path }
}
