/** Gives a thread its commit probe, if the run has a probe module (tests that stop the process at a commit point). */
import { RuntimeError } from './errors.ts'
import type { Probe, ProbeModule } from './running-app.ts'

export async function loadProbe(
  probe: ProbeModule | undefined,
  stageName: string,
): Promise<Probe | undefined> {
  if (probe === undefined) return undefined
  const loaded: unknown = await import(probe.module)
  if (
    typeof loaded !== 'object' ||
    loaded === null ||
    !('makeProbe' in loaded) ||
    typeof loaded.makeProbe !== 'function'
  ) {
    throw new RuntimeError('APP_LOADER_FAILED', {
      place: `probe module ${probe.module}`,
      what: 'it exports no function makeProbe(spec, stageName)',
    })
  }
  // The module's author promises the type by exporting the name.
  return loaded.makeProbe(probe.spec, stageName) as Probe
}
