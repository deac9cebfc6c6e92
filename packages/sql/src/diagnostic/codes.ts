/**
 * The table of compile-time diagnostics: one stable code each, never reused. SQL1xxx text and syntax, SQL2xxx names,
 * SQL3xxx types and functions, SQL4xxx query rules, SQL5xxx INSERT mapping, SQL6xxx known but not supported, SQL7xxx
 * limits, SQL9xxx warnings. `meaning` is what documentation says about a code; the message of a diagnostic names the
 * value, what is allowed and the next step.
 */
export interface DiagnosticCode {
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly meaning: string
}

export const codes = {
  unexpectedCharacter: error('SQL1001', 'The text holds a character that starts no token.'),
  unterminated: error('SQL1002', 'A string, quoted name or comment is not closed.'),
  unexpectedToken: error('SQL1003', 'The grammar allows something else at this place.'),
  reservedWord: error(
    'SQL1004',
    'A reserved word stands where a name is needed; quote it to use it as a name.',
  ),
  badLiteral: error('SQL1005', 'A literal does not have the form of its type.'),

  unknownRelation: error('SQL2001', 'No stream, view, table or alias has this name.'),
  unknownColumn: error('SQL2002', 'No source of the query has a column of this name.'),
  ambiguousColumn: error('SQL2003', 'Several sources have a column of this name; qualify it.'),
  duplicateName: error('SQL2004', 'A name is declared twice.'),
  unknownFunction: error('SQL2005', 'The dialect has no function of this name.'),
  unknownTarget: error('SQL2006', 'The target of an INSERT or an output is not a declared stream.'),
  unknownWindow: error('SQL2007', 'The WINDOW clause declares no window of this name.'),
  unknownObject: error('SQL2008', 'A DROP or ALTER names an object that does not exist.'),
  objectInUse: error('SQL2009', 'An object cannot be dropped or replaced while others use it.'),

  badArguments: error('SQL3001', 'The arguments do not fit any form of the function or operator.'),
  badCast: error('SQL3002', 'Values of the one type cannot be cast to the other.'),
  notBoolean: error('SQL3003', 'A condition has to be BOOLEAN.'),
  badType: error('SQL3004', 'The type does not exist or its parameters are out of range.'),
  untypedNull: error('SQL3005', 'The type of NULL cannot be told from its surroundings.'),

  notMonotonic: error('SQL4001', 'GROUP BY on a stream needs an expression that grows with ROWTIME.'),
  severalTimeKeys: error('SQL4002', 'GROUP BY has more than one expression of ROWTIME.'),
  notGrouped: error('SQL4003', 'A select item is neither a grouping expression nor an aggregate.'),
  misplacedAggregate: error(
    'SQL4004',
    'An aggregate stands where rows are not yet grouped, or inside another one.',
  ),
  badWindow: error('SQL4005', 'The window specification is not allowed here.'),
  unboundedJoin: error('SQL4006', 'A join of two streams needs a window on at least one side.'),
  badJoin: error('SQL4007', 'The join is not possible between these sources.'),
  unionMismatch: error('SQL4008', 'The branches of a UNION ALL have different numbers or types of columns.'),
  streamCircle: error('SQL4011', 'Pumps feed each other in a circle.'),
  badRowtime: error('SQL4009', 'ROWTIME is used in a way that gives no row time.'),
  tableAsStream: error('SQL4010', 'A reference table is used where a stream is needed.'),
  needsAppend: error(
    'SQL4021',
    'An operator that takes only added rows stands over rows that are changed later.',
  ),
  needsTimeAttribute: error('SQL4022', 'A column of time is used where a time attribute is needed.'),
  badRank: error('SQL4023', 'A ROW_NUMBER is not filtered in a way that bounds the rows of each partition.'),
  badSort: error('SQL4024', 'An endless table cannot be sorted this way.'),
  badSubquery: error('SQL4025', 'A subquery stands where it cannot be computed, or has the wrong shape.'),
  badPattern: error('SQL4026', 'MATCH_RECOGNIZE has a pattern, measure or condition that is not allowed.'),

  badWatermark: error('SQL4030', 'WATERMARK names no column of time, or its expression gives no time.'),
  badPrimaryKey: error('SQL4031', 'A primary key names what cannot be a key.'),
  badTemporalJoin: error('SQL4032', 'FOR SYSTEM_TIME AS OF stands where no version of a table can be told.'),
  updatesRefused: error(
    'SQL4033',
    'A query that changes its earlier rows goes to a place that takes new rows only.',
  ),
  badOption: error('SQL4034', 'An option of a table, a setting or a hint has a value that is not allowed.'),

  columnCount: error('SQL5001', 'INSERT has another number of expressions than columns.'),
  columnType: error('SQL5002', 'An expression cannot be assigned to its column.'),
  notNullMissing: error('SQL5003', 'A NOT NULL column gets no value.'),
  unknownInsertColumn: error('SQL5004', 'INSERT names a column that the stream does not declare.'),

  notSupported: error(
    'SQL6001',
    'The construct is known but not supported; the message says what to write instead.',
  ),
  insertOutsidePump: error('SQL6002', 'INSERT stands alone; in this dialect it belongs in a pump.'),

  textTooLong: error('SQL7001', 'The program text is longer than 1 MB, and was not read.'),
  nestingTooDeep: error('SQL7002', 'Expressions or subqueries are nested too deeply.'),
  identifierTooLong: error('SQL7003', 'A name is longer than 128 characters.'),
  tooManyColumns: error('SQL7004', 'A stream or select list has too many columns.'),

  planTooLarge: error(
    'SQL7005',
    'Views or expressions that are put in place of their names make the plan too large.',
  ),

  narrowing: warning('SQL9001', 'A value may not fit its column; such rows go to the error stream.'),
  nobodyReads: warning('SQL9002', 'A stream is written, but nothing reads it and it is no output.'),
  nobodyWrites: warning('SQL9003', 'A stream is read or is an output, but no pump writes it.'),
  unboundedState: warning('SQL9004', 'The state of an operator grows without bound.'),
  hintIgnored: warning('SQL9005', 'A hint has no effect here.'),
  beyondLimit: warning(
    'SQL9006',
    'A program goes beyond what is recommended, for example by a very long window.',
  ),
} as const satisfies Record<string, DiagnosticCode>

function error(code: string, meaning: string): DiagnosticCode {
  return { code, severity: 'error', meaning }
}

function warning(code: string, meaning: string): DiagnosticCode {
  return { code, severity: 'warning', meaning }
}
