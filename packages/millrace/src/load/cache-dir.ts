/**
 * Where translated app files are cached: a folder of the user's own, never the source tree and never a folder that other
 * users can write to, since what lies there is run. Undefined if there is no such folder; then nothing is cached.
 */
import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir, platform } from 'node:os'
import { join } from 'node:path'

export function cacheDir(
  env: { readonly [name: string]: string | undefined } = process.env,
): string | undefined {
  const dir = join(userCacheDir(env), 'millrace', 'apps')
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    accessSync(dir, constants.W_OK)
    return dir
  } catch {
    return undefined
  }
}

function userCacheDir(env: { readonly [name: string]: string | undefined }): string {
  if (env.XDG_CACHE_HOME) return env.XDG_CACHE_HOME
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Caches')
  if (platform() === 'win32') return env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local')
  return join(homedir(), '.cache')
}
