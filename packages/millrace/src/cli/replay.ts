/** `millrace replay`: a file or a stream again, into a stream or a file. */
import type { ReplayFlags } from './replay-flags.ts'
import { checkReplayFlags } from './replay-flags.ts'

/** The exit code; errors are thrown. */
export async function replay(flags: ReplayFlags): Promise<number> {
  checkReplayFlags(flags)
  if (flags.file !== undefined && flags.into !== undefined) {
    const { replayFile } = await import('./replay-file.ts')
    return replayFile(flags.file, flags.into, flags)
  }
  const { replayStream } = await import('./replay-stream.ts')
  return replayStream(flags.stream ?? '', flags)
}
