/**
 * The commit probe of the kill tests. It counts the commit points that its thread passes; with a target it ends the whole
 * process by SIGKILL, which nothing can catch or clean up after, when the target's n-th pass is reached. Counts are
 * shared by appending one line per pass to a file, so that a run can be asked afterwards where it could have been killed.
 *
 * spec: { passes?: string (file), target?: { stage, point, pass } }
 */
import { appendFileSync } from 'node:fs'

export function makeProbe(spec, stage) {
  const passed = {}
  return (point) => {
    const pass = (passed[point] ?? 0) + 1
    passed[point] = pass
    if (spec.passes) appendFileSync(spec.passes, `${stage} ${point}\n`)
    const target = spec.target
    if (target && target.stage === stage && target.point === point && target.pass === pass) {
      process.kill(process.pid, 'SIGKILL')
      // The signal is on its way; nothing more may be committed before it arrives.
      for (;;);
    }
  }
}
