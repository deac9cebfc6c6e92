/** Where the web console of a gateway is, for people and their browsers. */
import { spawn } from 'node:child_process'

export interface ConsolePlace {
  readonly url: string
  readonly tlsUrl?: string | undefined
  /** Whether calls have to be signed. */
  readonly needsKeys?: boolean
}

/** Where keys are needed a browser signs in, and no secret may go over a connection that others can read. */
export function consoleAddress({ url, tlsUrl, needsKeys = false }: ConsolePlace): string {
  return new URL('/console/', needsKeys && tlsUrl !== undefined ? tlsUrl : url).href
}

type Starter = (program: string, words: readonly string[], onProblem: () => void) => void

/**
 * Opens an address in this machine's browser. Where there is none, or no screen, `onProblem` is called and nothing else happens: what
 * runs goes on.
 */
export function openBrowser(
  address: string,
  onProblem: () => void,
  { platform = process.platform, start = startProgram }: { platform?: string; start?: Starter } = {},
): void {
  if (platform === 'darwin') start('open', [address], onProblem)
  // explorer takes an address as it is; cmd's start would read what is in it.
  else if (platform === 'win32') start('explorer', [address], onProblem)
  else start('xdg-open', [address], onProblem)
}

function startProgram(program: string, words: readonly string[], onProblem: () => void): void {
  try {
    const child = spawn(program, words, { stdio: 'ignore', detached: true })
    child.once('error', onProblem)
    // Windows' explorer ends with 1 though it has opened the page.
    child.once('exit', (code) => {
      if (code !== 0 && program !== 'explorer') onProblem()
    })
    child.unref()
  } catch {
    onProblem()
  }
}
