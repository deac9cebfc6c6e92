/**
 * A value of a column as every database's reader gives it and every envelope and sink takes it: exact, and free of the machine's
 * zone and locale. By the column's kind:
 *
 *   boolean             boolean
 *   integer, year       number where it is a safe integer, else bigint
 *   decimal             digits as text, `-12.50`, never an exponent, scale as declared; `NaN`, `Infinity`, `-Infinity` of Postgres
 *   float               number, also NaN and the infinities
 *   text, enum, uuid    string; uuid in its form with four hyphens, lower case
 *   set                 string: labels in order of declaration, joined by commas
 *   json                string: the JSON text as the database has it (numbers keep their digits)
 *   bytes               Uint8Array, a copy of its own
 *   geometry            Uint8Array: the four bytes of the SRID (little-endian) and the WKB, as MySQL stores it; PostGIS: its EWKB
 *   bits                string of '0' and '1', the first is the highest
 *   date                `YYYY-MM-DD`
 *   time                `[-]HH:MM:SS[.ffffff]`, hours up to 838
 *   time-zoned          `HH:MM:SS[.ffffff]+HH[:MM]`
 *   datetime            `YYYY-MM-DD HH:MM:SS[.ffffff]`: wall time, no zone
 *   instant             the same form, in UTC
 *   interval            as Postgres writes it in its style iso_8601: `P1Y2M3DT4H5M6S`
 *   array               array of values of the element's kind, nested where there are several dimensions
 *   other               the database's own text
 *
 * Fractions have as many digits as the column declares (MySQL), or as the database writes (Postgres: no zeros at the end).
 * Dates that no calendar has stay texts: MySQL's `0000-00-00`, Postgres' `infinity` and `0044-03-15 BC`.
 * null: SQL's NULL. undefined: not known here, because the log does not say it (an unchanged TOASTed column, a column that is no part
 * of the key where only the key was logged).
 */
export type ColumnValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly ColumnValue[]

/** Values by the index of their column. */
export type Row = readonly ColumnValue[]
