package iceberg;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.rest.RESTCatalog;
import org.apache.iceberg.types.Types;

/**
 * What Iceberg's own client does with a REST catalog. Arguments: URI, warehouse, and properties as name=value. Prints what it
 * finds, one thing a line.
 */
public final class RestClient {
  private RestClient() {}

  public static void main(String[] args) throws Exception {
    Map<String, String> properties = new HashMap<>();
    properties.put("uri", args[0]);
    properties.put("warehouse", args[1]);
    for (int i = 2; i < args.length; i++) {
      int mark = args[i].indexOf('=');
      properties.put(args[i].substring(0, mark), args[i].substring(mark + 1));
    }
    try (RESTCatalog catalog = new RESTCatalog()) {
      catalog.initialize("millrace", properties);
      TableIdentifier orders = TableIdentifier.of("sales", "orders");
      System.out.println("namespaces " + catalog.listNamespaces());
      System.out.println("tables " + catalog.listTables(Namespace.of("sales")));
      System.out.println("exists " + catalog.tableExists(orders) + " " + catalog.tableExists(TableIdentifier.of("sales", "none")));
      Table table = catalog.loadTable(orders);
      System.out.println("rows " + rows(IcebergGenerics.read(table).build()));
      long first = table.snapshots().iterator().next().snapshotId();
      System.out.println("first " + rows(IcebergGenerics.read(table).useSnapshot(first).build()));
      try {
        catalog.loadTable(TableIdentifier.of("sales", "none"));
      } catch (NoSuchTableException expected) {
        System.out.println("missing");
      }
      make(catalog);
      System.out.println("left " + catalog.listNamespaces());
    }
  }

  private static void make(RESTCatalog catalog) {
    Namespace mine = Namespace.of("mine");
    catalog.createNamespace(mine);
    Schema schema =
        new Schema(
            Types.NestedField.required(7, "a", Types.LongType.get()),
            Types.NestedField.optional(9, "b", Types.StringType.get()));
    TableIdentifier name = TableIdentifier.of(mine, "t");
    Table made = catalog.createTable(name, schema);
    made.updateSchema().addColumn("c", Types.IntegerType.get()).commit();
    made.updateSpec().addField("a").commit();
    made.updateProperties().set("x", "1").commit();
    Table again = catalog.loadTable(name);
    System.out.println("made " + again.schema().columns().stream().map(f -> f.fieldId() + ":" + f.name()).toList());
    System.out.println("changed " + again.spec().fields().size() + " " + again.properties().get("x"));
    Transaction later = catalog.newCreateTableTransaction(TableIdentifier.of(mine, "later"), schema);
    later.updateProperties().set("y", "2").commit();
    later.commitTransaction();
    System.out.println("later " + catalog.loadTable(TableIdentifier.of(mine, "later")).properties().get("y"));
    try {
      catalog.createTable(name, schema);
    } catch (AlreadyExistsException expected) {
      System.out.println("doubled");
    }
    catalog.dropTable(name, false);
    catalog.dropTable(TableIdentifier.of(mine, "later"), true);
    catalog.dropNamespace(mine);
  }

  private static TreeSet<String> rows(CloseableIterable<Record> records) throws Exception {
    TreeSet<String> rows = new TreeSet<>();
    try (records) {
      for (Record record : records) {
        rows.add(List.of(record.getField("id"), record.getField("item"), record.getField("amount")).toString());
      }
    }
    return rows;
  }
}
