/** Paths of ProjectionExpression: path (',' path)* */
import { OperandParser } from './operand-parser.ts'
import type { PathNode } from './syntax-tree.ts'

const none: ReadonlySet<string> = new Set()

/** Throws TableRequestError: TABLE_EXPRESSION_INVALID. */
export function parseProjection(text: string): readonly PathNode[] {
  return new ProjectionParser(text, {
    parameter: 'ProjectionExpression',
    keywords: none,
    continuesPaths: false,
  }).parse()
}

class ProjectionParser extends OperandParser {
  parse(): readonly PathNode[] {
    const paths = [this.parsePath()]
    while (this.reader.skip(',')) paths.push(this.parsePath())
    if (this.reader.next.kind !== 'end') throw this.reader.syntaxError()
    return paths
  }
}
