/** Functions of the host that every program can name, by the identifiers under which public programs know them. */
import type { HostFunction } from './host-function.ts'

export const knownFunctions: readonly HostFunction[] = [
  {
    kind: 'scalar',
    // The function of the public Nexmark queries: bytes of the text that equal the first byte of the other.
    name: 'com.github.nexmark.flink.udf.CountChar',
    parameters: [
      { kind: 'VARCHAR', length: 0x7fff_ffff },
      { kind: 'VARCHAR', length: 0x7fff_ffff },
    ],
    returns: { kind: 'BIGINT' },
    nullIn: 'called',
    call(text: unknown, character: unknown) {
      if (typeof text !== 'string' || typeof character !== 'string' || character === '') return 0
      const wanted = Buffer.from(character, 'utf8')[0]!
      let count = 0
      if (wanted < 128) {
        // One byte is one character there, and no byte of a longer one looks like it.
        for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === wanted) count++
      } else for (const byte of Buffer.from(text, 'utf8')) if (byte === wanted) count++
      return count
    },
  },
]
