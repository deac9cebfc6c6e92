/**
 * Postgres' system catalog as DDL: the tables of pg_catalog that clients look into, with the columns of version 15, and functions that
 * they call. They stand in the schema "pg", which comes first on the search path, so that they are found before DuckDB's own, which
 * have fewer columns. Most are empty: there are no triggers, no publications, no policies here.
 */

const flags = (names: string): string =>
  names
    .split(' ')
    .map((name) => `${name} BOOLEAN`)
    .join(', ')

/** Name -> columns. */
const tables: Readonly<Record<string, string>> = {
  pg_namespace: 'oid BIGINT, nspname VARCHAR, nspowner BIGINT, nspacl VARCHAR[]',
  pg_class: `oid BIGINT, relname VARCHAR, relnamespace BIGINT, reltype BIGINT, reloftype BIGINT, relowner BIGINT, relam BIGINT, relfilenode BIGINT,
    reltablespace BIGINT, relpages INTEGER, reltuples FLOAT, relallvisible INTEGER, reltoastrelid BIGINT, ${flags('relhasindex relisshared')},
    relpersistence VARCHAR, relkind VARCHAR, relnatts SMALLINT, relchecks SMALLINT,
    ${flags('relhasrules relhastriggers relhassubclass relrowsecurity relforcerowsecurity relispopulated')}, relreplident VARCHAR,
    relispartition BOOLEAN, relrewrite BIGINT, relfrozenxid BIGINT, relminmxid BIGINT, relacl VARCHAR[], reloptions VARCHAR[], relpartbound VARCHAR`,
  pg_attribute: `attrelid BIGINT, attname VARCHAR, atttypid BIGINT, attstattarget INTEGER, attlen SMALLINT, attnum SMALLINT, attndims INTEGER,
    attcacheoff INTEGER, atttypmod INTEGER, attbyval BOOLEAN, attalign VARCHAR, attstorage VARCHAR, attcompression VARCHAR,
    ${flags('attnotnull atthasdef atthasmissing')}, attidentity VARCHAR, attgenerated VARCHAR, ${flags('attisdropped attislocal')},
    attinhcount INTEGER, attcollation BIGINT, attacl VARCHAR[], attoptions VARCHAR[], attfdwoptions VARCHAR[], attmissingval VARCHAR[]`,
  pg_type: `oid BIGINT, typname VARCHAR, typnamespace BIGINT, typowner BIGINT, typlen SMALLINT, typbyval BOOLEAN, typtype VARCHAR, typcategory VARCHAR,
    ${flags('typispreferred typisdefined')}, typdelim VARCHAR, typrelid BIGINT, typsubscript VARCHAR, typelem BIGINT, typarray BIGINT, typinput VARCHAR,
    typoutput VARCHAR, typreceive VARCHAR, typsend VARCHAR, typmodin VARCHAR, typmodout VARCHAR, typanalyze VARCHAR, typalign VARCHAR,
    typstorage VARCHAR, typnotnull BOOLEAN, typbasetype BIGINT, typtypmod INTEGER, typndims INTEGER, typcollation BIGINT, typdefaultbin VARCHAR,
    typdefault VARCHAR, typacl VARCHAR[]`,
  pg_database: `oid BIGINT, datname VARCHAR, datdba BIGINT, encoding INTEGER, datlocprovider VARCHAR, ${flags('datistemplate datallowconn')},
    datconnlimit INTEGER, datfrozenxid BIGINT, datminmxid BIGINT, dattablespace BIGINT, datcollate VARCHAR, datctype VARCHAR, daticulocale VARCHAR,
    datcollversion VARCHAR, datacl VARCHAR[]`,
  pg_roles: `rolname VARCHAR, ${flags('rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication')}, rolconnlimit INTEGER,
    rolpassword VARCHAR, rolvaliduntil TIMESTAMPTZ, rolbypassrls BOOLEAN, rolconfig VARCHAR[], oid BIGINT`,
  pg_user: `usename VARCHAR, usesysid BIGINT, ${flags('usecreatedb usesuper userepl usebypassrls')}, passwd VARCHAR, valuntil TIMESTAMPTZ, useconfig VARCHAR[]`,
  pg_am: 'oid BIGINT, amname VARCHAR, amhandler VARCHAR, amtype VARCHAR',
  pg_settings: `name VARCHAR, setting VARCHAR, unit VARCHAR, category VARCHAR, short_desc VARCHAR, extra_desc VARCHAR, context VARCHAR, vartype VARCHAR,
    source VARCHAR, min_val VARCHAR, max_val VARCHAR, enumvals VARCHAR[], boot_val VARCHAR, reset_val VARCHAR, sourcefile VARCHAR, sourceline INTEGER,
    pending_restart BOOLEAN`,
  pg_index: `indexrelid BIGINT, indrelid BIGINT, indnatts SMALLINT, indnkeyatts SMALLINT,
    ${flags('indisunique indnullsnotdistinct indisprimary indisexclusion indimmediate indisclustered indisvalid indcheckxmin indisready indislive indisreplident')},
    indkey SMALLINT[], indcollation BIGINT[], indclass BIGINT[], indoption SMALLINT[], indexprs VARCHAR, indpred VARCHAR`,
  pg_constraint: `oid BIGINT, conname VARCHAR, connamespace BIGINT, contype VARCHAR, ${flags('condeferrable condeferred convalidated')}, conrelid BIGINT,
    contypid BIGINT, conindid BIGINT, conparentid BIGINT, confrelid BIGINT, confupdtype VARCHAR, confdeltype VARCHAR, confmatchtype VARCHAR,
    conislocal BOOLEAN, coninhcount INTEGER, connoinherit BOOLEAN, conkey SMALLINT[], confkey SMALLINT[], conpfeqop BIGINT[], conppeqop BIGINT[],
    conffeqop BIGINT[], confdelsetcols SMALLINT[], conexclop BIGINT[], conbin VARCHAR`,
  pg_attrdef: 'oid BIGINT, adrelid BIGINT, adnum SMALLINT, adbin VARCHAR',
  pg_description: 'objoid BIGINT, classoid BIGINT, objsubid INTEGER, description VARCHAR',
  pg_shdescription: 'objoid BIGINT, classoid BIGINT, description VARCHAR',
  pg_proc: `oid BIGINT, proname VARCHAR, pronamespace BIGINT, proowner BIGINT, prolang BIGINT, prokind VARCHAR, proretset BOOLEAN, prorettype BIGINT,
    proargtypes BIGINT[], proallargtypes BIGINT[], proargmodes VARCHAR[], proargnames VARCHAR[], pronargs SMALLINT, prosrc VARCHAR, proisstrict BOOLEAN`,
  pg_enum: 'oid BIGINT, enumtypid BIGINT, enumsortorder FLOAT, enumlabel VARCHAR',
  pg_range:
    'rngtypid BIGINT, rngsubtype BIGINT, rngmultitypid BIGINT, rngcollation BIGINT, rngsubopc BIGINT, rngcanonical VARCHAR, rngsubdiff VARCHAR',
  pg_inherits: 'inhrelid BIGINT, inhparent BIGINT, inhseqno INTEGER, inhdetachpending BOOLEAN',
  pg_policy:
    'oid BIGINT, polname VARCHAR, polrelid BIGINT, polcmd VARCHAR, polpermissive BOOLEAN, polroles BIGINT[], polqual VARCHAR, polwithcheck VARCHAR',
  pg_publication: `oid BIGINT, pubname VARCHAR, pubowner BIGINT, ${flags('puballtables pubinsert pubupdate pubdelete pubtruncate pubviaroot')}`,
  pg_publication_rel: 'oid BIGINT, prpubid BIGINT, prrelid BIGINT, prqual VARCHAR, prattrs SMALLINT[]',
  pg_publication_namespace: 'oid BIGINT, pnpubid BIGINT, pnnspid BIGINT',
  pg_statistic_ext: `oid BIGINT, stxrelid BIGINT, stxname VARCHAR, stxnamespace BIGINT, stxowner BIGINT, stxstattarget INTEGER, stxkeys SMALLINT[],
    stxkind VARCHAR[], stxexprs VARCHAR`,
  pg_collation: `oid BIGINT, collname VARCHAR, collnamespace BIGINT, collowner BIGINT, collprovider VARCHAR, collisdeterministic BOOLEAN,
    collencoding INTEGER, collcollate VARCHAR, collctype VARCHAR, colliculocale VARCHAR, collversion VARCHAR`,
  pg_extension:
    'oid BIGINT, extname VARCHAR, extowner BIGINT, extnamespace BIGINT, extrelocatable BOOLEAN, extversion VARCHAR',
  pg_tablespace: 'oid BIGINT, spcname VARCHAR, spcowner BIGINT, spcacl VARCHAR[], spcoptions VARCHAR[]',
  pg_depend:
    'classid BIGINT, objid BIGINT, objsubid INTEGER, refclassid BIGINT, refobjid BIGINT, refobjsubid INTEGER, deptype VARCHAR',
  pg_trigger: `oid BIGINT, tgrelid BIGINT, tgparentid BIGINT, tgname VARCHAR, tgfoid BIGINT, tgtype SMALLINT, tgenabled VARCHAR, tgisinternal BOOLEAN,
    tgconstrrelid BIGINT, tgconstrindid BIGINT, tgconstraint BIGINT, ${flags('tgdeferrable tginitdeferred')}, tgnargs SMALLINT`,
  pg_rewrite:
    'oid BIGINT, rulename VARCHAR, ev_class BIGINT, ev_type VARCHAR, ev_enabled VARCHAR, is_instead BOOLEAN',
  pg_foreign_table: 'ftrelid BIGINT, ftserver BIGINT, ftoptions VARCHAR[]',
  pg_foreign_server:
    'oid BIGINT, srvname VARCHAR, srvowner BIGINT, srvfdw BIGINT, srvtype VARCHAR, srvversion VARCHAR',
  pg_partitioned_table:
    'partrelid BIGINT, partstrat VARCHAR, partnatts SMALLINT, partdefid BIGINT, partattrs SMALLINT[]',
  pg_sequence:
    'seqrelid BIGINT, seqtypid BIGINT, seqstart BIGINT, seqincrement BIGINT, seqmax BIGINT, seqmin BIGINT, seqcache BIGINT, seqcycle BOOLEAN',
  pg_stat_user_tables: 'relid BIGINT, schemaname VARCHAR, relname VARCHAR, n_live_tup BIGINT',
  pg_stat_activity:
    'datid BIGINT, datname VARCHAR, pid INTEGER, usename VARCHAR, application_name VARCHAR, state VARCHAR, query VARCHAR',
  pg_locks: 'locktype VARCHAR, database BIGINT, relation BIGINT, pid INTEGER, mode VARCHAR, granted BOOLEAN',
  pg_auth_members: 'roleid BIGINT, member BIGINT, grantor BIGINT, admin_option BOOLEAN',
  pg_opclass:
    'oid BIGINT, opcmethod BIGINT, opcname VARCHAR, opcnamespace BIGINT, opcowner BIGINT, opcfamily BIGINT, opcintype BIGINT, opcdefault BOOLEAN, opckeytype BIGINT',
  pg_language: 'oid BIGINT, lanname VARCHAR, lanowner BIGINT, lanispl BOOLEAN, lanpltrusted BOOLEAN',
  /** Ours: what format_type says of each type. */
  type_names: 'oid BIGINT, full_name VARCHAR',
}

/** Name with parameters -> expression. Names inside are of our own, since arguments are put in as they are written. */
const functions: Readonly<Record<string, string>> = {
  'pg_get_userbyid(x)': "'millrace'",
  'pg_get_indexdef(x, y := 0, z := false)': 'NULL::VARCHAR',
  'pg_get_constraintdef(x, y := false)': 'NULL::VARCHAR',
  'pg_get_expr(x, y, z := false)': 'x',
  'pg_get_viewdef(x, y := false)': 'NULL::VARCHAR',
  'pg_get_partkeydef(x)': 'NULL::VARCHAR',
  'pg_get_statisticsobjdef_columns(x)': 'NULL::VARCHAR',
  'pg_get_serial_sequence(x, y)': 'NULL::VARCHAR',
  'pg_encoding_to_char(x)': "'UTF8'",
  'pg_relation_is_publishable(x)': 'false',
  'pg_relation_size(x)': '0::BIGINT',
  'pg_total_relation_size(x)': '0::BIGINT',
  'pg_table_size(x)': '0::BIGINT',
  'pg_database_size(x)': '0::BIGINT',
  'pg_table_is_visible(x)':
    '(SELECT any_value(own_c.relnamespace IN (11, pg.path_schema())) FROM pg.pg_class AS own_c WHERE own_c.oid = x)',
  'pg_tablespace_location(x)': 'NULL::VARCHAR',
  'array_upper(a, d)': 'len(a)',
  'pg_get_function_result(x)': 'NULL::VARCHAR',
  'pg_get_function_arguments(x)': 'NULL::VARCHAR',
  'pg_get_function_identity_arguments(x)': 'NULL::VARCHAR',
  'pg_get_triggerdef(x, y := false)': 'NULL::VARCHAR',
  'pg_is_in_recovery()': 'false',
  'pg_backend_pid()': '1',
  'pg_char_to_encoding(x)': '6',
  'pg_stat_get_numscans(x)': '0::BIGINT',
  'has_database_privilege(a, b := NULL, c := NULL)': 'true',
  'has_schema_privilege(a, b := NULL, c := NULL)': 'true',
  'has_table_privilege(a, b := NULL, c := NULL)': 'true',
  'has_column_privilege(a, b := NULL, c := NULL, d := NULL)': 'true',
  'has_any_column_privilege(a, b := NULL, c := NULL)': 'true',
  'obj_description(x, y := NULL)':
    '(SELECT any_value(own_d.description) FROM pg.pg_description AS own_d WHERE own_d.objoid = x AND own_d.objsubid = 0)',
  'col_description(x, y)':
    '(SELECT any_value(own_d.description) FROM pg.pg_description AS own_d WHERE own_d.objoid = x AND own_d.objsubid = y)',
  'shobj_description(x, y)': 'NULL::VARCHAR',
  'set_config(a, b, c)': 'b',
  'current_setting(a, b := false)':
    '(SELECT any_value(own_s.setting) FROM pg.pg_settings AS own_s WHERE lower(own_s.name) = lower(a))',
  'format_type(t, m)':
    "(SELECT any_value(CASE WHEN t = 1700 AND m > 4 THEN 'numeric(' || ((m - 4) >> 16) || ',' || ((m - 4) & 65535) || ')' ELSE own_t.full_name END) FROM pg.type_names AS own_t WHERE own_t.oid = t)",
  // A name like sales.orders, or orders on the search path.
  'pg_oid_of(x)':
    "CASE replace(x, 'pg_catalog.', '') WHEN 'pg_class' THEN 1259 WHEN 'pg_type' THEN 1247 WHEN 'pg_proc' THEN 1255 WHEN 'pg_namespace' THEN 2615 ELSE (SELECT min(own_c.oid) FROM pg.pg_class AS own_c JOIN pg.pg_namespace AS own_n ON own_n.oid = own_c.relnamespace WHERE replace(x, '\"', '') IN (own_n.nspname || '.' || own_c.relname, own_c.relname)) END",
  'to_regclass(x)': 'pg.pg_oid_of(x)',
  'to_regtype(x)':
    '(SELECT min(own_t.oid) FROM pg.pg_type AS own_t JOIN pg.type_names AS own_n ON own_n.oid = own_t.oid WHERE lower(x) IN (own_t.typname, own_n.full_name))',
  'pg_name_of(x)':
    "(SELECT any_value(CASE WHEN own_n.oid IN (11, pg.path_schema()) THEN own_c.relname ELSE own_n.nspname || '.' || own_c.relname END) FROM pg.pg_class AS own_c JOIN pg.pg_namespace AS own_n ON own_n.oid = own_c.relnamespace WHERE own_c.oid = x)",
  'pg_schema_of(x)': '(SELECT any_value(own_n.nspname) FROM pg.pg_namespace AS own_n WHERE own_n.oid = x)',
}

export function systemDdl(): string[] {
  return [
    'CREATE SCHEMA pg',
    'CREATE SCHEMA pg_information',
    ...Object.entries(tables).map(([name, columns]) => `CREATE TABLE pg.${name} (${columns})`),
    `CREATE VIEW pg.pg_tables AS SELECT nspname AS schemaname, relname AS tablename, 'millrace' AS tableowner, NULL::VARCHAR AS tablespace,
       false AS hasindexes, false AS hasrules, false AS hastriggers, false AS rowsecurity
       FROM pg.pg_class c JOIN pg.pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r' AND n.oid <> 11`,
    `CREATE VIEW pg.pg_views AS SELECT nspname AS schemaname, relname AS viewname, 'millrace' AS viewowner, NULL::VARCHAR AS definition
       FROM pg.pg_class c JOIN pg.pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'v'`,
    `CREATE VIEW pg.pg_matviews AS SELECT nspname AS schemaname, relname AS matviewname, 'millrace' AS matviewowner, NULL::VARCHAR AS tablespace,
       false AS hasindexes, true AS ispopulated, NULL::VARCHAR AS definition
       FROM pg.pg_class c JOIN pg.pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'm'`,
    ...['name', 'regtype', 'regproc', 'regnamespace', 'regrole', 'regclass', '"char"', 'cstring'].map(
      (name) => `CREATE TYPE pg.${name} AS VARCHAR`,
    ),
    // Of every result column the information schema tells what pg_attribute does.
    `CREATE VIEW pg_information.schemata AS SELECT current_database() AS catalog_name, nspname AS schema_name, 'millrace' AS schema_owner FROM pg.pg_namespace`,
    `CREATE VIEW pg_information.tables AS SELECT current_database() AS table_catalog, nspname AS table_schema, relname AS table_name,
       CASE WHEN relkind = 'r' THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type, 'NO' AS is_insertable_into, 'NO' AS is_typed
       FROM pg.pg_class c JOIN pg.pg_namespace n ON n.oid = c.relnamespace WHERE n.oid <> 11`,
    `CREATE VIEW pg_information.views AS SELECT table_catalog, table_schema, table_name, NULL::VARCHAR AS view_definition
       FROM pg_information.tables WHERE table_type = 'VIEW'`,
    `CREATE VIEW pg_information.columns AS SELECT current_database() AS table_catalog, nspname AS table_schema, relname AS table_name,
       attname AS column_name, attnum::INTEGER AS ordinal_position, NULL::VARCHAR AS column_default,
       CASE WHEN attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable,
       CASE WHEN t.typelem <> 0 THEN 'ARRAY' ELSE names.full_name END AS data_type,
       NULL::INTEGER AS character_maximum_length,
       CASE atttypid WHEN 1700 THEN CASE WHEN atttypmod > 4 THEN (atttypmod - 4) >> 16 END WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 21 THEN 16
         WHEN 700 THEN 24 WHEN 701 THEN 53 END::INTEGER AS numeric_precision,
       CASE atttypid WHEN 1700 THEN CASE WHEN atttypmod > 4 THEN (atttypmod - 4) & 65535 END WHEN 23 THEN 0 WHEN 20 THEN 0 WHEN 21 THEN 0
         END::INTEGER AS numeric_scale,
       CASE WHEN atttypid IN (1083, 1114, 1184) THEN 6 END::INTEGER AS datetime_precision, 'pg_catalog' AS udt_schema, t.typname AS udt_name,
       'NO' AS is_identity, 'NEVER' AS is_generated, 'NO' AS is_updatable
       FROM pg.pg_attribute a JOIN pg.pg_class c ON c.oid = a.attrelid JOIN pg.pg_namespace n ON n.oid = c.relnamespace
       JOIN pg.pg_type t ON t.oid = a.atttypid JOIN pg.type_names names ON names.oid = a.atttypid WHERE n.oid <> 11`,
    ...['table_constraints', 'key_column_usage', 'referential_constraints', 'constraint_column_usage'].map(
      (
        name,
      ) => `CREATE VIEW pg_information.${name} AS SELECT NULL::VARCHAR AS constraint_catalog, NULL::VARCHAR AS constraint_schema,
       NULL::VARCHAR AS constraint_name, NULL::VARCHAR AS table_catalog, NULL::VARCHAR AS table_schema, NULL::VARCHAR AS table_name,
       NULL::VARCHAR AS column_name, NULL::INTEGER AS ordinal_position, NULL::VARCHAR AS constraint_type LIMIT 0`,
    ),
    // Of keys of indexes, of which there are none.
    "CREATE MACRO pg_information._pg_expandarray(keys) AS {'x': keys[1], 'n': 1}",
    ...Object.entries(functions).map(
      ([name, expression]) =>
        // The search path's schema is known when the tables are filled (path_schema).
        `CREATE MACRO pg.${name} AS ${expression}`,
    ),
  ]
}
