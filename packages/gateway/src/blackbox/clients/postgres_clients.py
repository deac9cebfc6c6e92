"""psycopg 3 and SQLAlchemy (over psycopg 3 and 2) against the lake: prints one JSON object of what each of them saw."""
import datetime
import decimal
import json
import sys
import urllib.parse

import psycopg
import sqlalchemy

port, user, password = sys.argv[1:]
place = f"{user}:{urllib.parse.quote(password, safe='')}@127.0.0.1:{port}/open"
seen = {}

with psycopg.connect(f"postgresql://{place}", autocommit=True) as connection:
    seen["psycopg"] = connection.execute("SELECT * FROM sales ORDER BY id").fetchall()
    binary = connection.cursor(binary=True)
    seen["psycopg binary"] = binary.execute(
        "SELECT *, sold_at::DATE AS day, sold_at::TIME AS clock, 'a1b2c3d4-0000-4000-8000-000000000001'::UUID AS u FROM sales ORDER BY id"
    ).fetchall()
    seen["psycopg parameters"] = connection.execute(
        "SELECT id FROM sales WHERE amount > %s AND ok = %s AND sold_at < %s AND note = %s",
        (decimal.Decimal("1.5"), True, datetime.datetime(2027, 1, 1), "naïve"),
    ).fetchall()
    try:
        connection.execute("SELECT nothing FROM sales")
    except psycopg.errors.UndefinedColumn as error:
        seen["psycopg error"] = error.diag.statement_position
    with connection.transaction():
        seen["psycopg transaction"] = connection.execute("SELECT count(*) FROM sold").fetchall()

for driver in ("psycopg", "psycopg2"):
    engine = sqlalchemy.create_engine(f"postgresql+{driver}://{place}")
    inspector = sqlalchemy.inspect(engine)
    with engine.connect() as connection:
        rows = connection.execute(sqlalchemy.text("SELECT id, amount FROM open.sales WHERE ok = :ok"), {"ok": False}).all()
    seen[f"sqlalchemy {driver}"] = {
        "schemas": sorted(inspector.get_schema_names()),
        "tables": inspector.get_table_names(),
        "views": inspector.get_view_names(),
        "other": inspector.get_table_names(schema="closed"),
        "columns": [[c["name"], str(c["type"]), c["nullable"], c["comment"]] for c in inspector.get_columns("sales")],
        "keys": [inspector.get_pk_constraint("sales")["constrained_columns"], inspector.get_foreign_keys("sales"), inspector.get_indexes("sales")],
        "reflected": list(sqlalchemy.Table("sales", sqlalchemy.MetaData(), autoload_with=engine).columns.keys()),
        "rows": [list(row) for row in rows],
    }
    engine.dispose()

json.dump(seen, sys.stdout, default=str)
