package millrace;

import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;

/**
 * Runs a SQL file at parallelism 1 in this process.
 *
 * <p>collect FILE OUT: the last statement is a query; its changes go to OUT, one a line: kind, a tab, the row.
 * time FILE [FILE ...]: the last statement of each file is an INSERT; prints one line of JSON with the ms that each took,
 * with exactly-once checkpoints each second. The first run of each file warms up and is not counted.
 */
public final class FlinkRun {
  public static void main(String[] args) throws Exception {
    if (args[0].equals("collect")) collect(Path.of(args[1]), Path.of(args[2]));
    else for (int i = 1; i < args.length; i++) time(Path.of(args[i]));
  }

  private static StreamTableEnvironment environment(boolean checkpoints) throws Exception {
    Configuration settings = new Configuration();
    settings.setString("table.local-time-zone", "UTC");
    settings.setString("parallelism.default", "1");
    settings.setString("taskmanager.memory.network.max", "64m");
    if (checkpoints) {
      settings.setString("execution.checkpointing.interval", "1s");
      settings.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
      // In memory a checkpoint may hold 5 MB of state only, and a job whose last one fails never ends.
      settings.setString("state.checkpoint-storage", "filesystem");
      settings.setString("state.checkpoints.dir", Files.createTempDirectory("flink-checkpoints").toUri().toString());
    }
    settings.setString("table.exec.source.idle-timeout", "0");
    StreamExecutionEnvironment streams = StreamExecutionEnvironment.getExecutionEnvironment(settings);
    streams.setParallelism(1);
    return StreamTableEnvironment.create(
        streams, EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(settings).build());
  }

  /** Statements end with a semicolon at the end of a line; nothing in our programs has one elsewhere. */
  private static List<String> statements(Path file) throws Exception {
    List<String> found = new ArrayList<>();
    for (String each : Files.readString(file).split(";\\s*(\\n|$)")) if (!each.isBlank()) found.add(each);
    return found;
  }

  private static void collect(Path file, Path out) throws Exception {
    StreamTableEnvironment tables = environment(false);
    List<String> all = statements(file);
    for (String each : all.subList(0, all.size() - 1)) tables.executeSql(each);
    TableResult result = tables.executeSql(all.get(all.size() - 1));
    try (CloseableIterator<Row> rows = result.collect();
        BufferedWriter writer = Files.newBufferedWriter(out)) {
      while (rows.hasNext()) {
        Row row = rows.next();
        RowKind kind = row.getKind();
        StringBuilder line = new StringBuilder(kind.shortString());
        for (int i = 0; i < row.getArity(); i++) line.append('\t').append(row.getField(i));
        writer.write(line.append('\n').toString());
      }
    }
  }

  private static void time(Path file) throws Exception {
    List<String> all = statements(file);
    List<Long> times = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      StreamTableEnvironment tables = environment(true);
      for (String each : all.subList(0, all.size() - 1)) tables.executeSql(each);
      long start = System.nanoTime();
      tables.executeSql(all.get(all.size() - 1)).await();
      times.add((System.nanoTime() - start) / 1_000_000);
    }
    System.out.println(
        "{\"file\":\"" + file.getFileName() + "\",\"warmUpMs\":" + times.get(0) + ",\"ms\":" + times.get(1) + "}");
  }
}
