/** Where an error came up, for a message: the first frame of its stack that is in code of the app's author. */
import { fileURLToPath } from 'node:url'

/** `FILE:LINE` of the first frame whose file `isTheirs`; frames of Node and of node_modules never are. */
export function stackPlace(
  stack: readonly string[],
  isTheirs: (file: string) => boolean,
): string | undefined {
  for (const frame of stack) {
    const [, file, line] = /^\s+at (?:.*[( ])?(?:file:\/\/)?(\/.*):(\d+):\d+\)?$/.exec(frame) ?? []
    if (file !== undefined && !file.includes('/node_modules/') && isTheirs(file)) return `${file}:${line}`
  }
  return undefined
}

/** Where this package and those below it lie, as <package>/dist. */
const packagesFolder = fileURLToPath(new URL('../..', import.meta.url))

/** Whether a file is Millrace's own, as it is built. */
export function isOwnFile(file: string): boolean {
  return file.startsWith(packagesFolder) && /^[^/]+\/dist\//.test(file.slice(packagesFolder.length))
}
