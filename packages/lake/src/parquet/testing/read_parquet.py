"""What pyarrow reads in a Parquet file: read_parquet.py FILE prints {"rows": [...], "statistics": {...}} as JSON.

Values in one form for comparison: whole numbers, dates (days) and times (microseconds) as decimal text, floats as Python prints
them, decimals with all digits of their scale, bytes as hex, structs as lists of their fields' values, maps as lists of pairs.
"""
import datetime
import decimal
import json
import sys

import pyarrow.parquet

EPOCH = datetime.datetime(1970, 1, 1)


def plain(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, decimal.Decimal):
        return format(value, 'f')
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        naive = value.astimezone(datetime.timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        return str((naive - EPOCH) // datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.date):
        return str((value - EPOCH.date()).days)
    if isinstance(value, datetime.time):
        seconds = (value.hour * 60 + value.minute) * 60 + value.second
        return str(seconds * 1_000_000 + value.microsecond)
    if isinstance(value, dict):
        return [plain(field) for field in value.values()]
    return [plain(element) for element in value]


def bounds(found):
    try:
        return [plain(found.min), plain(found.max)] if found.has_min_max else [None, None]
    except pyarrow.lib.ArrowNotImplementedError:
        # Of decimals it reads the values, but no statistics.
        return ['unread', 'unread']


def statistics(file):
    """Of whole columns: a list of [nulls, minimum, maximum] for each row group, by path."""
    columns = {}
    for index in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(index)
        for place in range(group.num_columns):
            column = group.column(place)
            found = column.statistics
            values = [None, None, None]
            if found is not None:
                values = [found.null_count if found.has_null_count else None, *bounds(found)]
            columns.setdefault(column.path_in_schema, []).append(values)
    return columns


file = pyarrow.parquet.ParquetFile(sys.argv[1])
rows = [[plain(value) for value in row.values()] for row in file.read().to_pylist()]
json.dump({'rows': rows, 'statistics': statistics(file)}, sys.stdout)
