/** One Nexmark query in this process, from events in memory. */
import { type NexmarkRow, nexmarkEvent, nexmarkRow } from '@millrace/connect'
import {
  bindFlinkProgram,
  type ChangelogInstance,
  type ChangelogProgram,
  compileChangelog,
  type HostFunctions,
  type Row,
  renderDiagnostics,
  SourceText,
} from '@millrace/sql'
import { declarations, eventConfig, queryText, sideRows } from './programs.ts'

const countCharId = 'com.github.nexmark.flink.udf.CountChar'
export const functions: HostFunctions = new Map([
  [
    countCharId.toUpperCase(),
    {
      kind: 'scalar',
      name: countCharId,
      parameters: [
        { kind: 'VARCHAR', length: 0x7fff_ffff },
        { kind: 'VARCHAR', length: 0x7fff_ffff },
      ],
      returns: { kind: 'BIGINT' },
      nullIn: 'called',
      call: (text: unknown, character: unknown) =>
        typeof text === 'string' && typeof character === 'string'
          ? text.split(character[0] ?? '\0').length - 1
          : 0,
    },
  ],
])

export function eventRows(count: number): NexmarkRow[] {
  return Array.from({ length: count }, (_, i) => nexmarkRow(nexmarkEvent(eventConfig, i)))
}

export function programText(name: string): string {
  const around = { events: "'connector' = 'memory'", sideInput: "'connector' = 'memory', 'lookup' = 'true'" }
  return `${declarations({ ...around, countChar: countCharId })}\n${queryText(name)};`
}

export function bindQuery(name: string): ChangelogProgram {
  const text = programText(name)
  const { program, diagnostics } = bindFlinkProgram({ text, fileName: `${name}.sql`, hosts: functions })
  if (program !== undefined) return program
  throw new Error(renderDiagnostics(diagnostics, new SourceText(text, `${name}.sql`)))
}

/** `resumes`: state is to be restored into it. */
export function startQuery(
  program: ChangelogProgram,
  options: { readonly resumes?: boolean } = {},
): ChangelogInstance {
  const instance = compileChangelog(program, { functions, now: eventConfig.baseTime })
  instance.setLookup('side_input', sideRows())
  if (options.resumes !== true) instance.start()
  return instance
}

/** Runs all events through and hands over the changes as they come; then the end. */
export function runEvents(
  instance: ChangelogInstance,
  events: readonly NexmarkRow[],
  onChange: (row: Row, kind: number) => void,
  { ends = true }: { readonly ends?: boolean } = {},
): void {
  const hand = () => {
    for (const { rows, kinds } of instance.take().outputs.values())
      for (let i = 0; i < rows.length; i++) onChange(rows[i]!, kinds[i]!)
    instance.takeChanges()
  }
  for (let i = 0; i < events.length; i++) {
    // Rows are read only, also the nested ones.
    instance.push('events', events[i] as unknown as Row, 0, { record: i, shard: '0' })
    if (i % 2000 === 1999) hand()
  }
  if (ends) instance.finish('events')
  hand()
}
