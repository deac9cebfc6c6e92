/** SQL text cut into pieces of one colour each: comments, texts, numbers, words of the language, and the rest. */

export interface SqlPiece {
  readonly kind: 'comment' | 'quoted' | 'number' | 'word' | 'plain'
  readonly from: number
  readonly text: string
}

const words = new Set(
  `ADD ALL ALTER AND AS ASC ASYNC BETWEEN BY CASE CAST CREATE CROSS CURSOR DATE DAY DECIMAL DELETE DESC DESCRIPTOR DISTINCT DOUBLE ELSE
  END EXCEPT EXISTS EXPLAIN FALSE FILTER FIRST FLOAT FOLLOWING FOR FROM FULL FUNCTION GROUP HAVING HOUR IF IN INNER INSERT INTEGER INT
  BIGINT INTERSECT INTERVAL INTO IS JOIN KEY LAST LATERAL LEFT LIKE LIMIT MATCH_RECOGNIZE MINUTE MONTH NOT NULL NULLS OF OFFSET ON OR
  ORDER ORDINALITY OUTER OVER PARTITION PERIOD PRECEDING PRIMARY PUMP RANGE REPLACE RIGHT ROW ROWS ROWTIME SECOND SELECT SET SMALLINT
  STREAM STRING SYSTEM_TIME TABLE TEMPORARY THEN TIME TIMESTAMP TRUE UNBOUNDED UNION UNNEST UPDATE USING VALUES VARCHAR VIEW WATERMARK
  WHEN WHERE WINDOW WINDOWED WITH WITHIN STAGGER YEAR STATEMENT BEGIN BOOLEAN`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

const token =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`[^`]*`?|\b\d+(?:\.\d+)?\b|[A-Za-z_$][\w$]*/g

/** The pieces add up to the text. */
export function sqlPieces(text: string): SqlPiece[] {
  const pieces: SqlPiece[] = []
  let at = 0
  const plainUntil = (to: number) => {
    if (to > at) pieces.push({ kind: 'plain', from: at, text: text.slice(at, to) })
  }
  for (const match of text.matchAll(token)) {
    const kind = kindOf(match[0])
    if (kind === 'plain') continue
    plainUntil(match.index)
    pieces.push({ kind, from: match.index, text: match[0] })
    at = match.index + match[0].length
  }
  plainUntil(text.length)
  return pieces
}

function kindOf(text: string): SqlPiece['kind'] {
  const [first = ''] = text
  if (text.startsWith('--') || text.startsWith('/*')) return 'comment'
  if (first === "'") return 'quoted'
  if (/\d/.test(first)) return 'number'
  return words.has(text.toUpperCase()) ? 'word' : 'plain'
}
