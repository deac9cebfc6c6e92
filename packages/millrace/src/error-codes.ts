/**
 * The error codes of the public API, the loader and the command line: one table, from which the types of
 * `MillraceError` and docs/errors.md follow. A code that was once published keeps its meaning or is retired for good.
 */
export const millraceErrorCodes = {
  CASES_NONE: {
    means: 'A folder that should hold SQL cases holds none, or does not exist.',
    next: 'Name a folder with NAME.sql and NAME.json side by side.',
  },
  CONSOLE_NOT_RUNNING: {
    means: 'The web console is part of a process with an endpoint, and none runs on the data directory.',
    next: 'Start the app (millrace run APP), or show the data alone: millrace serve --data-dir DIR.',
  },
  SOURCE_UNKNOWN: {
    means: 'There is no source of this name, or a table that is no table of it was named.',
    next: 'See the names: millrace source list.',
  },
  SOURCE_NOT_RUNNING: {
    means: 'What was asked of a source only a running one can do.',
    next: 'Run the app with its gateway (without --no-gateway), then ask again.',
  },
  SQL_REFUSED: {
    means: 'A SQL program has errors; each is shown with its code, place and reason.',
    next: 'Correct the program; nothing has been started.',
  },
  SQL_NOTHING_TO_RUN: {
    means: 'A SQL program has no INSERT and no SELECT.',
    next: 'Add INSERT INTO table SELECT ..., or a SELECT, whose rows are printed.',
  },
  SQL_CONNECTOR_UNKNOWN: {
    means: 'A table names a connector that does not exist, or that cannot do what the program wants of it.',
    next: 'Use one of the connectors that the message names.',
  },
  SQL_OPTION: {
    means: 'An option of a table is missing, unknown to its connector or out of range.',
    next: 'Correct the option in WITH (...).',
  },
  NOTEBOOK_MEMORY: {
    means:
      'A cell of a notebook needs more memory than a cell may have; it was ended, and nothing else with it.',
    next: 'Read less: filter early, group by fewer values, bound joins by time or set table.exec.state.ttl; or promote the cell to a query of the app.',
  },
  NOTEBOOK_PROMOTE: {
    means: 'A cell of a notebook cannot become a query of the app.',
    next: 'Change the cell as the message says, or write the query yourself.',
  },
  NOTEBOOK_ENDED: {
    means: 'The process of a cell ended by itself, or was ended from outside.',
    next: 'Run the cell again.',
  },
  SQL_PLACEHOLDER: {
    means: 'A placeholder in the text of a SQL program has no value.',
    next: 'Give it as an option after "--", as an environment variable, or a default in the text.',
  },
  APP_NAME_INVALID: {
    means: 'A name of an app, stream, table, stage, option or column has characters that are not allowed.',
    next: 'Use letters, digits, "-", "_" and ".", beginning with a letter, at most 128 characters.',
  },
  APP_NAME_TAKEN: {
    means: 'Two streams, two tables, two stages or two options of one app have the same name.',
    next: 'Rename one of them, or use the first one twice.',
  },
  APP_VALUE_INVALID: {
    means: 'A setting in the app has a value of a wrong type or outside its range.',
    next: 'Use a value that the message lists as allowed.',
  },
  APP_SETTING_UNKNOWN: {
    means: 'A setting in the app has a name that does not exist.',
    next: 'Check the spelling against the names in the message.',
  },
  APP_SETTING_MISSING: {
    means: 'A setting that has no default was left out.',
    next: 'Add the setting that the message names.',
  },
  APP_FOREIGN_HANDLE: {
    means: 'A stream that belongs to another app, or that is no stream, was used.',
    next: 'Pass what app.stream() of this app has returned.',
  },
  APP_COLUMN_INVALID: {
    means: 'A column is not written as a SQL type followed by a JSONPath.',
    next: "Write it like { orderId: 'INTEGER $.data.orderId' }.",
  },
  APP_FILE_MISSING: {
    means: 'A file that the app names cannot be read.',
    next: 'Paths in an app are relative to the app file: check the resolved path in the message.',
  },
  APP_ENV_MISSING: {
    means: 'An environment variable without a default is not set.',
    next: 'Set it before the command: NAME=value millrace run ...',
  },
  APP_CLOSED: {
    means: 'The app was changed after its description had ended, for example from a timer or after an await.',
    next: 'Declare everything synchronously inside the function given to defineApp.',
  },
  BUCKET_OUTSIDE_STAGE: {
    means: 'A bucket was used where no function is at work, so that nobody knows in which data directory.',
    next: 'Use it inside a function of the app; in a test, read it with bucket(name) of the tested app.',
  },
  APP_EMPTY: {
    means: 'The app declares no source, query or function of any form, so there is nothing to run.',
    next: 'Declare at least one with app.source, app.query, app.function, app.each or app.lambda.',
  },
  OPTION_UNKNOWN: {
    means: 'After "--" stands an option that the app does not declare.',
    next: 'Use one of the options that the message lists.',
  },
  OPTION_INVALID: {
    means: 'The value of an app option is missing, of a wrong type or outside its range.',
    next: 'Give a value that the message lists as allowed.',
  },
  OPTION_REPEATED: {
    means: 'An app option was given twice.',
    next: 'Give it once.',
  },
  LOAD_NOT_FOUND: {
    means: 'The app file does not exist.',
    next: 'Check the path; it is relative to the current folder.',
  },
  LOAD_FAILED: {
    means: 'The app file, or a file that it imports, could not be read as a module or threw an error.',
    next: 'Correct the line that the message names.',
  },
  LOAD_NO_APP: {
    means: 'The file has no default export made by defineApp.',
    next: "Write: export default defineApp('name', (app) => { ... })",
  },
  USAGE: {
    means: 'The command line has an unknown command, flag or value.',
    next: 'See millrace --help, or millrace COMMAND --help.',
  },
  DATA_DIR_MISSING: {
    means: 'There is no data directory at the place given, or none could be chosen.',
    next: 'Give one with --data-dir, or run an app first.',
  },
  DATA_TABLE_UNKNOWN: {
    means: 'The data directory has no table of this name.',
    next: 'Use one of the tables that the message lists.',
  },
  CATALOG_UNKNOWN: {
    means:
      'The catalog of the lake has no database, table or view of this name, or none that the command could be for.',
    next: 'Use one of the names that the message lists; millrace catalog tables shows all.',
  },
  DATA_STREAM_UNKNOWN: {
    means: 'The data directory or the server has no stream of this name.',
    next: 'Use one of the streams that the message lists.',
  },
  DATA_IN_USE: {
    means:
      'A command has to change data that another process runs on, and that process has no gateway to do it through.',
    next: 'Run it with its gateway, or stop it first.',
  },
  DATA_FUNCTION_UNKNOWN: {
    means: 'No Lambda function of this name has run in the data directory.',
    next: 'Use one of the functions that the message lists.',
  },
  ENDPOINT_UNREACHABLE: {
    means: 'Nobody answers at the endpoint of a command that talks to a Kinesis API.',
    next: 'Start a server with "millrace serve", or name another with --endpoint URL.',
  },
  ENDPOINT_REFUSED: {
    means: 'The Kinesis API has refused a call of the command, for a reason that waiting does not cure.',
    next: 'Correct what the message names.',
  },
  REPLAY_STOPPED: {
    means: 'A replay was stopped before it was complete, so it has left no result.',
    next: 'Run it again; a stream that was put to holds what the message counts.',
  },
  INPUT_FAILED: {
    means: 'A file that the command should read cannot be read.',
    next: 'Check the path; it is relative to the current folder.',
  },
  OUTPUT_FAILED: {
    means: 'A file or folder that the command should write cannot be written.',
    next: 'Check that the folder exists, that it is yours and that the disk has space.',
  },
  TEST_APP_STUCK: {
    means: 'The app under test did not become idle within its bound of rounds.',
    next: 'Look for a source that never ends or two stages that feed each other; call advance() instead.',
  },
  APP_FAILED: {
    means: 'The app stopped because of an error, or its ledger does not balance.',
    next: 'Read the stage and the reason in the report; run again to continue from the last commit.',
  },
  INTERNAL: {
    means: 'An error without a code of its own, which nobody expected.',
    next: 'Run again with MILLRACE_DEBUG=1 to see where it comes from, and report it with that text.',
  },
} as const satisfies Record<string, ErrorCodeEntry>

export interface ErrorCodeEntry {
  readonly means: string
  readonly next: string
}

export type ErrorCode = keyof typeof millraceErrorCodes
