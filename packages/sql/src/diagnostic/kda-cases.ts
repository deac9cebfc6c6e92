/**
 * What a KDA program is told for each code: code, statements over the streams of laws/corpus.ts, the text that is pointed at
 * (empty where it is too long to repeat), and a part of the message.
 */
import type { codes } from './codes.ts'

export type DiagnosticCase = readonly [code: keyof typeof codes, text: string, at: string, says: string]

const out = 'CREATE STREAM O (A INTEGER, B VARCHAR(4));\n'
const pump = `${out}CREATE PUMP P AS INSERT INTO O `
const time = 'FLOOR(T.ROWTIME TO MINUTE)'
const win = "OVER (RANGE INTERVAL '1' MINUTE PRECEDING)"

export const kdaCases: readonly DiagnosticCase[] = [
  ['unexpectedCharacter', 'SELECT STREAM SHARES – 1 FROM TRADES', '–', 'typographic dash'],
  ['unexpectedCharacter', 'SELECT STREAM `SHARES` FROM TRADES', '`', 'Write " around names'],
  ['unterminated', "SELECT STREAM 'abc FROM TRADES", "'", 'End it with'],
  ['unterminated', 'SELECT STREAM * FROM TRADES /* open', '/*', 'End it with */'],
  ['reservedWord', 'SELECT STREAM FROM TRADES', 'FROM', 'an expression is expected here'],
  ['unexpectedToken', 'SELECT STREAM A B C FROM TRADES', 'C', '";" is expected here'],
  ['unexpectedToken', 'CREAT STREAM X (A INTEGER)', 'CREAT', 'Did you mean CREATE?'],
  ['unexpectedToken', 'SELECT STREAM SHARES + , 1 FROM TRADES', ',', 'an expression is expected here'],
  ['reservedWord', 'CREATE STREAM X (VALUE INTEGER)', 'VALUE', 'To use it as a name write "VALUE"'],
  ['badLiteral', 'SELECT STREAM 99999999999999999999 FROM TRADES', '99999999999999999999', 'beyond BIGINT'],
  ['badLiteral', 'SELECT STREAM 0.1234567890123456789 FROM TRADES', '0.1234567890123456789', '18'],
  ['badLiteral', "SELECT STREAM DATE '2024-02-30' FROM TRADES", "DATE '2024-02-30'", "DATE '2024-01-31'"],
  [
    'badLiteral',
    "SELECT STREAM TRADED + INTERVAL 'x' DAY FROM TRADES",
    "INTERVAL 'x' DAY",
    "INTERVAL '90' SECOND",
  ],
  ['badLiteral', "SELECT STREAM X'0' FROM TRADES", "X'0'", 'hexadecimal'],

  ['unknownRelation', 'SELECT STREAM * FROM TRADE', 'TRADE', 'Did you mean "TRADES"?'],
  [
    'unknownRelation',
    'SELECT STREAM * FROM SOURCE_SQL_STREAM_002',
    'SOURCE_SQL_STREAM_002',
    'has to be created before it is used',
  ],
  ['unknownRelation', 'SELECT STREAM T.PRICE FROM TRADES AS X', 'T', 'no source of this query is called "T"'],
  ['unknownRelation', 'SELECT STREAM * FROM ERROR_STREAM', 'ERROR_STREAM', 'a program cannot read it'],
  ['unknownColumn', 'SELECT STREAM PRISE FROM TRADES', 'PRISE', 'Did you mean "PRICE"?'],
  [
    'unknownColumn',
    'SELECT STREAM orderId FROM SOURCE_SQL_STREAM_001',
    'orderId',
    'write "orderId" in double quotes',
  ],
  [
    'ambiguousColumn',
    `SELECT STREAM PRICE FROM TRADES ${win} AS A JOIN TRADES AS B ON A.TICKER = B.TICKER`,
    'PRICE',
    'Write A.PRICE or B.PRICE',
  ],
  ['duplicateName', 'CREATE STREAM X (A INTEGER, A INTEGER)', 'A', 'declared twice'],
  ['duplicateName', `${out}CREATE STREAM O (A INTEGER)`, 'O', 'CREATE OR REPLACE STREAM'],
  ['unknownFunction', 'SELECT STREAM UPER(TICKER) FROM TRADES', 'UPER(TICKER)', 'Did you mean "UPPER"?'],
  [
    'unknownTarget',
    'CREATE PUMP P AS INSERT INTO NOWHERE SELECT STREAM 1 FROM TRADES',
    'NOWHERE',
    'made by CREATE STREAM before',
  ],
  [
    'unknownTarget',
    'CREATE PUMP P AS INSERT INTO TRADES SELECT STREAM * FROM TRADES',
    'TRADES',
    'fed from outside',
  ],
  [
    'unknownWindow',
    'SELECT STREAM COUNT(*) OVER V FROM TRADES WINDOW W AS (ROWS 1 PRECEDING)',
    'V',
    'WINDOW clause declares no window',
  ],
  ['unknownObject', 'DROP PUMP P', 'P', 'there is no pump "P"'],
  [
    'objectInUse',
    `${pump}SELECT STREAM SHARES, TICKER FROM TRADES; DROP STREAM O`,
    'O',
    'Drop the pump first',
  ],

  ['badArguments', 'SELECT STREAM UPPER(SHARES, 1) FROM TRADES', 'UPPER(SHARES, 1)', 'Write UPPER('],
  ['badArguments', 'SELECT STREAM TRADED - TRADED FROM TRADES', 'TRADED - TRADED', '(a - b) SECOND'],
  [
    'badCast',
    'SELECT STREAM CAST(TRADED AS INTEGER) FROM TRADES',
    'CAST(TRADED AS INTEGER)',
    'UNIX_TIMESTAMP',
  ],
  [
    'notBoolean',
    'SELECT STREAM * FROM TRADES WHERE SHARES',
    'SHARES',
    'the WHERE condition has to be BOOLEAN, not INTEGER',
  ],
  ['badType', 'CREATE STREAM X (A STRING)', 'STRING', 'there is no type STRING'],
  ['badType', 'CREATE STREAM X (A DECIMAL(19, 2))', 'DECIMAL(19, 2)', '1 to 18'],
  ['badType', 'CREATE STREAM X (A VARCHAR(70000))', 'VARCHAR(70000)', '65535'],
  ['untypedNull', 'SELECT STREAM NULL FROM TRADES', 'NULL', 'CAST(NULL AS VARCHAR(16))'],

  [
    'notMonotonic',
    'SELECT STREAM TICKER, COUNT(*) FROM TRADES GROUP BY TICKER',
    'TICKER',
    'FLOOR(s.ROWTIME TO MINUTE)',
  ],
  ['notMonotonic', 'SELECT STREAM COUNT(*) FROM TRADES', 'SELECT STREAM COUNT(*) FROM TRADES', 'never end'],
  [
    'severalTimeKeys',
    `SELECT STREAM COUNT(*) FROM TRADES AS T GROUP BY ${time}, FLOOR(T.ROWTIME TO HOUR)`,
    'FLOOR(T.ROWTIME TO HOUR)',
    'one expression of ROWTIME',
  ],
  ['notGrouped', `SELECT STREAM PRICE FROM TRADES AS T GROUP BY ${time}`, 'PRICE', 'neither in GROUP BY'],
  [
    'misplacedAggregate',
    'SELECT STREAM TICKER FROM TRADES WHERE COUNT(*) > 1',
    'COUNT(*)',
    'cannot stand in WHERE',
  ],
  [
    'misplacedAggregate',
    `SELECT STREAM SUM(COUNT(*)) FROM TRADES AS T GROUP BY ${time}`,
    'COUNT(*)',
    'the arguments of SUM',
  ],
  [
    'badWindow',
    'SELECT STREAM COUNT(*) OVER (ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) FROM TRADES',
    'ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING',
    'ends at the current row',
  ],
  [
    'badWindow',
    "SELECT STREAM COUNT(*) OVER (RANGE INTERVAL '1' MONTH PRECEDING) FROM TRADES",
    "RANGE INTERVAL '1' MONTH PRECEDING",
    'no fixed length',
  ],
  ['badWindow', `SELECT STREAM * FROM TRADES ${win}`, `TRADES ${win}`, 'in a join only'],
  [
    'unboundedJoin',
    'SELECT STREAM * FROM TRADES AS A JOIN TRADES AS B ON A.TICKER = B.TICKER',
    'TRADES AS A JOIN TRADES AS B ON A.TICKER = B.TICKER',
    'window on at least one side',
  ],
  [
    'badJoin',
    'SELECT STREAM * FROM TRADES RIGHT JOIN "products" AS P ON SHARES = P."productId"',
    'TRADES RIGHT JOIN "products" AS P ON SHARES = P."productId"',
    'LEFT join from the stream',
  ],
  [
    'unionMismatch',
    'SELECT STREAM SHARES FROM TRADES UNION ALL SELECT STREAM TICKER FROM TRADES',
    'SELECT STREAM TICKER FROM TRADES',
    'Cast one of them',
  ],
  [
    'badRowtime',
    'SELECT STREAM SHARES AS ROWTIME, PRICE FROM TRADES',
    'SHARES',
    'ROWTIME has to be TIMESTAMP, not INTEGER',
  ],
  ['tableAsStream', 'SELECT STREAM * FROM "products"', '"products"', 'Join the table to a stream'],
  [
    'streamCircle',
    'CREATE STREAM A (N INTEGER); CREATE STREAM B (N INTEGER); CREATE PUMP P AS INSERT INTO A SELECT STREAM N FROM B; CREATE PUMP Q AS INSERT INTO B SELECT STREAM N FROM A',
    'P',
    'in a circle',
  ],

  ['columnCount', `${pump}SELECT STREAM SHARES, TICKER, PRICE FROM TRADES`, 'PRICE', 'gives 3 columns'],
  ['columnType', `${pump}SELECT STREAM TICKER, TICKER FROM TRADES`, 'TICKER', 'goes to the column "A"'],
  [
    'notNullMissing',
    'CREATE STREAM O (A INTEGER NOT NULL, B INTEGER); CREATE PUMP P AS INSERT INTO O (B) SELECT STREAM SHARES FROM TRADES',
    'O',
    '"A" is NOT NULL',
  ],
  [
    'unknownInsertColumn',
    `${out}CREATE PUMP P AS INSERT INTO O (A, "b") SELECT STREAM SHARES, TICKER FROM TRADES`,
    '"b"',
    'Did you mean "B"?',
  ],

  [
    'notMonotonic',
    'SELECT STREAM DISTINCT TICKER FROM TRADES',
    'SELECT STREAM DISTINCT TICKER FROM TRADES',
    'FLOOR(s.ROWTIME TO HOUR)',
  ],
  [
    'notGrouped',
    "SELECT STREAM PRICE, COUNT(*) FROM TRADES WINDOWED BY STAGGER (PARTITION BY TICKER RANGE INTERVAL '1' MINUTE)",
    'PRICE',
    'Add it to PARTITION BY',
  ],
  [
    'badArguments',
    'SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM TRADES), 1))',
    '1',
    'TOP_K_ITEMS_TUMBLING',
  ],
  ['notMonotonic', 'SELECT STREAM * FROM TRADES ORDER BY PRICE', 'PRICE', 'grow with ROWTIME'],
  [
    'notSupported',
    'SELECT STREAM TICKER FROM TRADES UNION SELECT STREAM TICKER FROM TRADES',
    'SELECT STREAM TICKER FROM TRADES UNION SELECT STREAM TICKER FROM TRADES',
    'Use UNION ALL',
  ],
  [
    'notSupported',
    'SELECT STREAM COUNT(DISTINCT TICKER) OVER (ROWS 9 PRECEDING) FROM TRADES',
    'COUNT(DISTINCT TICKER) OVER (ROWS 9 PRECEDING)',
    'not part of this dialect',
  ],
  [
    'notSupported',
    'SELECT STREAM * FROM TRADES WHERE TICKER IN (SELECT TICKER FROM TRADES)',
    'SELECT TICKER FROM TRADES',
    'Join',
  ],
  [
    'notSupported',
    'SELECT STREAM * FROM TRADES WHERE (TRADED, TRADED) = (TRADED, TRADED)',
    ',',
    'row values',
  ],
  [
    'badArguments',
    'SELECT STREAM EXP_AVG(PRICE, 1) OVER (ROWS 1 PRECEDING) FROM TRADES',
    'EXP_AVG(PRICE, 1) OVER (ROWS 1 PRECEDING)',
    'half-life',
  ],
  ['notSupported', 'SELECT STREAM * FROM TRADES LIMIT 5', 'LIMIT', 'does not end'],
  [
    'insertOutsidePump',
    `${out}INSERT INTO O SELECT STREAM SHARES, TICKER FROM TRADES`,
    'INSERT INTO O',
    'CREATE OR REPLACE PUMP',
  ],

  ['textTooLong', `SELECT STREAM * FROM TRADES -- ${'x'.repeat(1_050_000)}`, '', '1024 KB'],
  ['nestingTooDeep', `SELECT STREAM ${'('.repeat(300)}1${')'.repeat(300)} FROM TRADES`, '(', '200 levels'],
  ['nestingTooDeep', `SELECT STREAM 1${' + 1'.repeat(2000)} FROM TRADES`, '', '500 levels'],
  [
    'nestingTooDeep',
    `SELECT STREAM SUBSTRING('a' FROM 1 FOR 1${' + 1'.repeat(499)}) FROM TRADES`,
    '',
    '500 levels',
  ],
  ['identifierTooLong', `SELECT STREAM 1 AS ${'X'.repeat(129)} FROM TRADES`, 'X'.repeat(129), '128'],
  [
    'tooManyColumns',
    `CREATE STREAM X (${Array.from({ length: 1001 }, (_, i) => `C${i} INTEGER`).join()})`,
    'X',
    '1000 are allowed',
  ],

  [
    'planTooLarge',
    `CREATE VIEW V0 AS SELECT STREAM SHARES FROM TRADES;${Array.from({ length: 30 }, (_, i) => `CREATE VIEW V${i + 1} AS SELECT STREAM SHARES FROM V${i} UNION ALL SELECT STREAM SHARES FROM V${i};`).join('')}`,
    '',
    'Put a stream and a pump in the place of',
  ],
  [
    'planTooLarge',
    `SELECT STREAM ${'CASE '.repeat(40)}SHARES${' WHEN 1 THEN 2 WHEN 2 THEN 3 WHEN 3 THEN 4 END'.repeat(40)} FROM TRADES`,
    '',
    'more than 50000 parts',
  ],
  [
    'narrowing',
    `CREATE STREAM O (A DECIMAL(5, 2)); CREATE PUMP P AS INSERT INTO O SELECT STREAM "amount" FROM SOURCE_SQL_STREAM_001; SELECT STREAM * FROM O`,
    '"amount"',
    'DECIMAL(9,2), the column "A" of "O" DECIMAL(5,2)',
  ],
  ['nobodyReads', `${pump}SELECT STREAM SHARES, TICKER FROM TRADES`, 'P', 'which nothing reads'],
  ['nobodyWrites', `${out}SELECT STREAM * FROM O`, 'SELECT STREAM * FROM O', 'no pump writes "O"'],
  [
    'unboundedState',
    'SELECT STREAM COUNT(*) OVER (PARTITION BY TICKER ROWS UNBOUNDED PRECEDING) FROM TRADES',
    'COUNT(*) OVER (PARTITION BY TICKER ROWS UNBOUNDED PRECEDING)',
    'Give it a size',
  ],
  ['beyondLimit', `SELECT STREAM * FROM TRADES -- ${'x'.repeat(103_000)}`, '', 'program of 101 KB'],
  [
    'beyondLimit',
    "SELECT STREAM COUNT(*) OVER (RANGE INTERVAL '2' HOUR PRECEDING) FROM TRADES",
    "COUNT(*) OVER (RANGE INTERVAL '2' HOUR PRECEDING)",
    'longer than',
  ],
]
