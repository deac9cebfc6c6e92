/**
 * Warnings about programs that go beyond what is recommended (spec 2.18). Nothing breaks there, but memory and time grow:
 * the limits are those of whoever runs the program, Infinity for none.
 */
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { formatDuration } from '../expression/format-expr.ts'
import { visitNodes } from '../expression/node-tools.ts'
import type { PlanNode, Program } from '../plan.ts'
import type { Span } from '../span.ts'

export interface Limits {
  /** Bytes of the program's text; 100 KB by default. */
  readonly textBytes?: number
  /** Longest window in ms; an hour by default. */
  readonly windowMs?: number
  /** Input streams; 64 by default. */
  readonly inputs?: number
  /** Reference tables; any number by default. */
  readonly references?: number
  /** Streams that leave the program; any number by default. */
  readonly outputs?: number
}

export function lintLimits(
  program: Program,
  text: string,
  limits: Limits,
  diagnostics: DiagnosticList,
): void {
  const {
    textBytes = 100 * 1024,
    windowMs = 3_600_000,
    inputs = 64,
    references = Infinity,
    outputs = Infinity,
  } = limits
  // A character is four bytes of UTF-8 at most, so most texts need no encoding to be measured.
  const bytes = text.length * 4 > textBytes ? new TextEncoder().encode(text).length : text.length
  if (bytes > textBytes)
    diagnostics.report(
      codes.beyondLimit,
      { start: 0, end: 0 },
      `a program of ${Math.ceil(bytes / 1024)} KB is longer than the ${Math.floor(textBytes / 1024)} KB that are recommended. Split it into several programs.`,
    )
  for (const { plan } of program.pumps) {
    visitNodes(plan, (node) => {
      for (const { ms, span } of windowsOf(node)) {
        if (!Number.isFinite(ms) || ms <= windowMs) continue
        diagnostics.report(
          codes.beyondLimit,
          span,
          `this window of ${formatDuration(ms)} is longer than ${formatDuration(windowMs)}, and all its rows are kept. Shorten it, or aggregate into shorter steps first.`,
        )
      }
    })
  }
  const counts = [
    ['input streams', program.streams.filter(({ origin }) => origin === 'input').length, inputs],
    ['reference tables', program.references.length, references],
    ['outputs', program.outputs.length, outputs],
  ] as const
  for (const [what, count, most] of counts) {
    if (count <= most) continue
    diagnostics.report(
      codes.beyondLimit,
      { start: 0, end: 0 },
      `the program has ${count} ${what}; at most ${most} are recommended. Split it into several programs.`,
    )
  }
}

function windowsOf(node: PlanNode): readonly { readonly ms: number; readonly span: Span }[] {
  switch (node.kind) {
    case 'over':
      return node.windows.flatMap(({ frame, calls }) =>
        frame.kind === 'range' ? [{ ms: frame.preceding, span: calls[0]?.span ?? node.span }] : [],
      )
    case 'window-join':
      return [node.leftWindow, node.rightWindow].flatMap((window) =>
        window?.kind === 'range' ? [{ ms: window.ms, span: node.span }] : [],
      )
    case 'rows':
      return 'ms' in node.operator ? [{ ms: node.operator.ms, span: node.span }] : []
    default:
      return []
  }
}
