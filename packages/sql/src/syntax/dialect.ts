/**
 * What differs between the dialects before a name is looked up: quotes, identifier case, comments, reserved words. The
 * grammar itself is one; constructs of one dialect only are refused by the parser with the dialect's name.
 * A program has one dialect, given by the caller; it is never guessed from the text.
 */
export type DialectName = 'kda' | 'flink'

export interface Dialect {
  readonly name: DialectName
  /** As it is called in messages. */
  readonly title: string
  /** What encloses a name that is taken as written; doubled inside to stand for itself. */
  readonly identifierQuote: '"' | '`'
  /** The stored form of a name that is not quoted. */
  fold(name: string): string
  /** `//` starts a comment, as it does in many sample programs of the service. */
  readonly slashComments: boolean
  /** Words in upper case that have to be quoted to be names. */
  readonly reserved: ReadonlySet<string>
  /** Words in upper case that are functions without parentheses. */
  readonly nullaryFunctions: ReadonlySet<string>
}

/** Words that both dialects reserve because the grammar needs them. */
const sharedReserved = `
  ALL ALTER AND ANY AS ASC BETWEEN BOTH BY CASE CAST CREATE CROSS CURRENT CURSOR DELETE DESC DISTINCT DROP ELSE END
  ESCAPE EXCEPT EXISTS EXTRACT FALSE FETCH FILTER FOR FROM FULL FUNCTION GROUP GROUPING HAVING IN INNER INSERT INTERSECT
  INTERVAL INTO IS JOIN LATERAL LEADING LEFT LIKE LIMIT NATURAL NOT NULL OF OFFSET ON OR ORDER OUTER OVER OVERLAPS
  PARTITION POSITION PRECEDING RANGE RIGHT ROW ROWS SELECT SIMILAR SOME STREAM SUBSTRING SYMMETRIC TABLE THEN TO TRAILING
  TRIM TRUE UNION UNIQUE UNKNOWN UPDATE USER USING VALUES WHEN WHERE WINDOW WITH WITHIN WITHOUT
  CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP
  BIGINT BINARY BOOLEAN CHAR CHARACTER DATE DEC DECIMAL DOUBLE FLOAT INT INTEGER NUMERIC REAL SMALLINT TIME TIMESTAMP
  TINYINT VARBINARY VARCHAR
  DAY HOUR MINUTE MONTH SECOND YEAR`

export const kdaDialect: Dialect = {
  name: 'kda',
  title: 'KDA SQL',
  identifierQuote: '"',
  fold: (name) => name.toUpperCase(),
  slashComments: true,
  reserved: words(`${sharedReserved} CURRENT_ROW_TIMESTAMP EXPEDITED PUMP VALUE WINDOWED`),
  nullaryFunctions: words(
    'CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP CURRENT_ROW_TIMESTAMP',
  ),
}

export const flinkDialect: Dialect = {
  name: 'flink',
  title: 'Flink SQL',
  identifierQuote: '`',
  fold: (name) => name,
  slashComments: false,
  reserved: words(`${sharedReserved} ARRAY CUBE MAP MATCH_RECOGNIZE MULTISET ROLLUP UNNEST VIEW WATERMARK`),
  nullaryFunctions: words('CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP'),
}

export function dialectOf(name: DialectName): Dialect {
  return name === 'kda' ? kdaDialect : flinkDialect
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
