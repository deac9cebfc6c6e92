"""What PyIceberg does with a REST catalog. Arguments: URI, warehouse and properties as JSON; prints one JSON object."""

import json
import sys

from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NamespaceNotEmptyError, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.expressions import GreaterThan
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform
from pyiceberg.types import IntegerType, LongType, NestedField, StringType

uri, warehouse, properties = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
catalog = RestCatalog("millrace", uri=uri, warehouse=warehouse, **properties)


def refused(act, kind):
    try:
        act()
    except kind:
        return kind.__name__
    return "accepted"


orders = catalog.load_table("sales.orders")
rows = lambda scan: sorted([row["id"], row["item"], str(row["amount"])] for row in scan.to_arrow().to_pylist())
said = {
    "namespaces": catalog.list_namespaces(),
    "tables": catalog.list_tables("sales"),
    "exists": [catalog.table_exists("sales.orders"), catalog.table_exists("sales.none")],
    "rows": rows(orders.scan()),
    "some": rows(orders.scan(row_filter=GreaterThan("id", 2))),
    "first": rows(orders.scan(snapshot_id=min(orders.snapshots(), key=lambda s: s.sequence_number).snapshot_id)),
    "missing": refused(lambda: catalog.load_table("sales.none"), NoSuchTableError),
}

catalog.create_namespace("mine")
schema = Schema(
    NestedField(7, "a", LongType(), required=True), NestedField(9, "b", StringType()), identifier_field_ids=[7]
)
spec = PartitionSpec(PartitionField(source_id=7, field_id=1000, transform=BucketTransform(4), name="a_bucket"))
made = catalog.create_table("mine.t", schema, partition_spec=spec, properties={"owner": "me"})
with made.update_schema() as update:
    update.add_column("c", IntegerType())
with made.transaction() as transaction:
    transaction.set_properties(x="1")
with catalog.create_table_transaction("mine.later", schema) as transaction:
    transaction.set_properties(y="2")
again = catalog.load_table("mine.t")
said["made"] = {
    "columns": [[field.field_id, field.name] for field in again.schema().fields],
    "identifier": again.schema().identifier_field_ids,
    "partitions": [[field.source_id, str(field.transform)] for field in again.spec().fields],
    "properties": [again.properties["owner"], again.properties["x"]],
    "later": catalog.load_table("mine.later").properties["y"],
    "views": catalog.list_views("mine"),
    "doubled": [
        refused(lambda: catalog.create_namespace("mine"), NamespaceAlreadyExistsError),
        refused(lambda: catalog.create_table("mine.t", schema), TableAlreadyExistsError),
        refused(lambda: catalog.drop_namespace("mine"), NamespaceNotEmptyError),
    ],
}
catalog.drop_table("mine.t")
catalog.purge_table("mine.later")
catalog.drop_namespace("mine")
said["left"] = catalog.list_namespaces()
print(json.dumps(said))
