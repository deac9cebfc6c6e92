/** `millrace console`: where the console of the process is that runs on a data directory. */
import { adminCredentials } from '@millrace/gateway'
import { MillraceError } from '../error.ts'
import { consoleAddress, openBrowser } from './console-address.ts'
import { chooseDataDir } from './data-directory.ts'
import { readAddress } from './gateway-place.ts'

export interface ConsoleFlags {
  readonly dataDir: string | undefined
  readonly open: boolean
  readonly json: boolean
}

export function showConsole({ dataDir, open, json }: ConsoleFlags): void {
  const dir = chooseDataDir(dataDir)
  const place = readAddress(dir)
  if (place === undefined)
    throw new MillraceError('CONSOLE_NOT_RUNNING', `No process with an endpoint runs on ${dir}.`)
  const address = consoleAddress({ ...place, needsKeys: adminCredentials(dir) !== undefined })
  process.stdout.write(
    json ? `${JSON.stringify({ url: address, pid: place.pid, dataDir: dir })}\n` : `${address}\n`,
  )
  if (open) openBrowser(address, () => process.stderr.write(noBrowser))
}

export const noBrowser = 'no browser could be opened here; open the address in one\n'
