/**
 * Ends process groups of handlers when their host is gone, however it went: killed, or ended in the middle of their work. A handler
 * sees by itself that its host is gone, unless it never comes back to its event loop; so somebody else has to look. That is a shell
 * which reads from a pipe that the host alone holds: `+ GROUP` and `- GROUP`, a line each; at the pipe's end it kills the
 * groups that are left.
 *
 * One for each thread that runs handlers, as long as there are any; it costs a megabyte and does nothing. In a session of its own,
 * so that a ctrl-C does not reach it. Where there is no shell (Windows, some containers), only handlers in a loop outlive their host.
 */
import { type ChildProcess, spawn } from 'node:child_process'

const script = `
groups=
while read -r change group; do
  case $change in
    +) groups="$groups $group" ;;
    -) rest=
       for each in $groups; do [ "$each" = "$group" ] || rest="$rest $each"; done
       groups=$rest ;;
  esac
done
for each in $groups; do kill -9 "-$each" 2>/dev/null; done
`

const groups = new Set<number>()
let shell: ChildProcess | undefined

export function keepGroup(group: number): void {
  groups.add(group)
  if (shell === undefined) open()
  else tell(`+ ${group}\n`)
}

/** It has ended. */
export function letGroupGo(group: number): void {
  if (!groups.delete(group)) return
  tell(`- ${group}\n`)
  if (groups.size > 0) return
  shell?.stdin?.end()
  shell = undefined
}

function open(): void {
  if (process.platform === 'win32') return
  const opened = spawn('/bin/sh', ['-c', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    // It holds no secrets of the host, and needs none.
    env: {},
    cwd: '/',
  })
  shell = opened
  const gone = (): void => {
    if (shell === opened) shell = undefined
  }
  opened.on('error', gone).on('exit', gone)
  opened.stdin.on('error', gone)
  opened.unref()
  // A socket, by stdio: it must not keep the host from its end.
  if ('unref' in opened.stdin && typeof opened.stdin.unref === 'function') opened.stdin.unref()
  tell([...groups].map((group) => `+ ${group}\n`).join(''))
}

function tell(text: string): void {
  shell?.stdin?.write(text)
}
