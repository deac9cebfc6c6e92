"""Reads Iceberg tables by PyIceberg. One request a line, JSON: {"metadata": PATH, "snapshot": ID or null}; one answer a line:
{"rows": [...]}, each row as the JSON text of its values in the canonical form of random-columns.ts, or {"error": TEXT}."""

import datetime
import json
import math
import struct
import sys

import pyarrow
from pyiceberg.table import StaticTable

DAY = datetime.date(1970, 1, 1)
EPOCH = datetime.datetime(1970, 1, 1)
MICRO = datetime.timedelta(microseconds=1)


def canonical(kind, value):
    if value is None:
        return None
    if pyarrow.types.is_floating(kind):
        return "NaN" if math.isnan(value) else struct.pack(">d", value + 0.0).hex()
    if pyarrow.types.is_boolean(kind):
        return "true" if value else "false"
    if pyarrow.types.is_date(kind):
        return str((value - DAY).days)
    if pyarrow.types.is_time(kind):
        return str(((value.hour * 60 + value.minute) * 60 + value.second) * 1000000 + value.microsecond)
    if pyarrow.types.is_timestamp(kind):
        plain = value if value.tzinfo is None else value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return str((plain - EPOCH) // MICRO)
    if pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind) or pyarrow.types.is_fixed_size_binary(kind):
        return value.hex()
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        return [canonical(kind.value_type, item) for item in value]
    if pyarrow.types.is_map(kind):
        pairs = [[canonical(kind.key_type, key), canonical(kind.item_type, item)] for key, item in value]
        return sorted(pairs, key=lambda pair: pair[0])
    if pyarrow.types.is_struct(kind):
        return [canonical(field.type, value[field.name]) for field in kind]
    if pyarrow.types.is_decimal(kind):
        return format(value, "f")
    return str(value)


def read(request):
    table = StaticTable.from_metadata(request["metadata"])
    arrow = table.scan(snapshot_id=request["snapshot"]).to_arrow()
    columns = []
    for i, field in enumerate(arrow.schema):
        values = arrow.column(i).to_pylist()
        columns.append([canonical(field.type, value) for value in values])
    rows = [list(row) for row in zip(*columns)]
    return [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]


for line in sys.stdin:
    try:
        answer = {"rows": read(json.loads(line))}
    except Exception as error:  # The test shows it.
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
