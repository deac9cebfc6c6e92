package blackbox;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The JDBC driver of Postgres against the lake: one line for each thing it asked, with what it was told. */
public final class Jdbc {
  public static void main(String[] args) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + args[0] + "/open", args[1], args[2])) {
      DatabaseMetaData data = connection.getMetaData();
      say("schemas", data.getSchemas(), "TABLE_SCHEM");
      say("tables", data.getTables(null, "open", "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME");
      say("columns", data.getColumns(null, "open", "sales", "%"), "TYPE_NAME");
      say("primary keys", data.getPrimaryKeys(null, "open", "sales"), "COLUMN_NAME");
      say("foreign keys", data.getImportedKeys(null, "open", "sales"), "FKCOLUMN_NAME");
      say("indexes", data.getIndexInfo(null, "open", "sales", false, false), "INDEX_NAME");
      say("procedures", data.getProcedures(null, null, "%"), "PROCEDURE_NAME");
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT id, amount, sold_at, ok, tags, note FROM sales WHERE id = ? OR amount < ? ORDER BY id")) {
        // From the fifth time on the driver asks for values in the binary format.
        for (int i = 0; i < 8; i++) {
          statement.setLong(1, 1);
          statement.setBigDecimal(2, java.math.BigDecimal.ZERO);
          say("rows " + i, statement.executeQuery(), null);
        }
      }
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.setFetchSize(100);
        int rows = 0;
        try (ResultSet result = statement.executeQuery("SELECT i FROM range(1234) t(i)")) {
          while (result.next()) rows++;
        }
        System.out.println("fetched " + rows);
      }
      connection.commit();
    }
  }

  /** A column of each row, or the whole row. */
  private static void say(String what, ResultSet result, String column) throws SQLException {
    List<String> said = new ArrayList<>();
    while (result.next()) {
      if (column != null) {
        said.add(result.getString(column));
        continue;
      }
      List<String> row = new ArrayList<>();
      for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) row.add(result.getString(i));
      said.add(row.toString());
    }
    result.close();
    System.out.println(what + ": " + String.join("; ", said));
  }
}
