package iceberg;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StaticTableOperations;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.SnapshotUtil;

/**
 * Reads Iceberg tables by Iceberg's own library. One request a line, JSON: {"metadata": PATH, "snapshot": ID or null}; one answer a
 * line: {"rows": [...]}, each row as the JSON text of its values in the canonical form of random-columns.ts, or {"error": TEXT}.
 */
public final class ReadTables {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Object answer;
      try {
        answer = Map.of("rows", read(JSON.readTree(line)));
      } catch (Exception error) {
        StringBuilder text = new StringBuilder(error.toString());
        for (StackTraceElement element : error.getStackTrace()) text.append("\n  ").append(element);
        answer = Map.of("error", text.toString());
      }
      out.println(JSON.writeValueAsString(answer));
    }
  }

  private static List<String> read(JsonNode request) throws Exception {
    HadoopFileIO io = new HadoopFileIO(new Configuration());
    String metadata = request.get("metadata").asText();
    JsonNode snapshot = request.get("snapshot");
    // The present is found by the table's folder, as engines do that have no catalog.
    Table table =
        snapshot.isNull()
            ? new HadoopTables(new Configuration()).load("file://" + Path.of(metadata).getParent().getParent())
            : new BaseTable(new StaticTableOperations("file://" + metadata, io), metadata);
    IcebergGenerics.ScanBuilder scan = IcebergGenerics.read(table);
    Schema schema = table.schema();
    if (!snapshot.isNull()) {
      scan = scan.useSnapshot(snapshot.asLong());
      schema = SnapshotUtil.schemaFor(table, snapshot.asLong());
    }
    List<String> rows = new ArrayList<>();
    try (CloseableIterable<Record> records = scan.build()) {
      for (Record record : records) rows.add(JSON.writeValueAsString(struct(schema.asStruct(), record)));
    }
    return rows;
  }

  private static List<Object> struct(Types.StructType type, Record record) {
    List<Object> values = new ArrayList<>();
    for (Types.NestedField field : type.fields()) values.add(canonical(field.type(), record.getField(field.name())));
    return values;
  }

  private static Object canonical(Type type, Object value) {
    if (value == null) return null;
    switch (type.typeId()) {
      case FLOAT:
        return bits(((Float) value).doubleValue());
      case DOUBLE:
        return bits((Double) value);
      case DECIMAL:
        return ((BigDecimal) value).toPlainString();
      case DATE:
        return Long.toString(((LocalDate) value).toEpochDay());
      case TIME:
        return Long.toString(((LocalTime) value).toNanoOfDay() / 1000);
      case TIMESTAMP:
        LocalDateTime plain =
            value instanceof OffsetDateTime instant
                ? instant.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime()
                : (LocalDateTime) value;
        return Long.toString(plain.toEpochSecond(ZoneOffset.UTC) * 1_000_000 + plain.getNano() / 1000);
      case BINARY:
        return hex((ByteBuffer) value);
      case STRUCT:
        return struct(type.asStructType(), (Record) value);
      case LIST:
        List<Object> items = new ArrayList<>();
        for (Object item : (List<?>) value) items.add(canonical(type.asListType().elementType(), item));
        return items;
      case MAP:
        List<List<Object>> pairs = new ArrayList<>();
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
          List<Object> pair = new ArrayList<>();
          pair.add(canonical(type.asMapType().keyType(), entry.getKey()));
          pair.add(canonical(type.asMapType().valueType(), entry.getValue()));
          pairs.add(pair);
        }
        pairs.sort(Comparator.comparing(pair -> String.valueOf(pair.get(0))));
        return pairs;
      default:
        return value.toString();
    }
  }

  private static String bits(double value) {
    return Double.isNaN(value) ? "NaN" : String.format("%016x", Double.doubleToRawLongBits(value + 0.0));
  }

  private static String hex(ByteBuffer bytes) {
    StringBuilder text = new StringBuilder();
    for (int i = bytes.position(); i < bytes.limit(); i++) text.append(String.format("%02x", bytes.get(i)));
    return text.toString();
  }
}
