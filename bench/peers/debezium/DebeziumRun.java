import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.io.FileInputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Runs Debezium's engine until a number of changes is on disk: `DebeziumRun PROPERTIES FILE CHANGES SKIPPED`. Values go to the file
 * as lines of JSON, forced to disk after each batch before the batch is acknowledged. Says `ready` when the first changes are there,
 * and at the end, as JSON, when the first and the last batch were on disk (microseconds since 1970), and how long after its `sent_us`
 * a change was on disk, without the first SKIPPED ones.
 */
public final class DebeziumRun {
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    try (FileInputStream in = new FileInputStream(arguments[0])) {
      properties.load(in);
    }
    FileChannel file =
        FileChannel.open(Path.of(arguments[1]), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    Sink sink = new Sink(file, Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
    DebeziumEngine<ChangeEvent<String, String>> engine =
        DebeziumEngine.create(
                Json.class,
                Json.class,
                Json.class,
                "io.debezium.embedded.async.ConvertingAsyncEngineBuilderFactory")
            .using(properties)
            .notifying(sink)
            .using(
                (success, message, error) -> {
                  if (error != null) error.printStackTrace();
                  sink.done.countDown();
                })
            .build();
    ExecutorService executor = Executors.newSingleThreadExecutor();
    executor.execute(engine);
    sink.done.await();
    // Read now: what follows is the shutting down.
    long cpuMs =
        ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime()
            / 1_000_000;
    engine.close();
    executor.shutdown();
    System.out.println(sink.report(cpuMs));
    System.exit(0);
  }

  private static final class Sink implements DebeziumEngine.ChangeConsumer<ChangeEvent<String, String>> {
    final CountDownLatch done = new CountDownLatch(1);
    private final FileChannel file;
    private final int wanted;
    private final int skipped;
    private int seen;
    private int firstSeen;
    private long firstUs;
    private long lastUs;
    private final long[] lagsUs;

    Sink(FileChannel file, int wanted, int skipped) {
      this.file = file;
      this.wanted = wanted;
      this.skipped = skipped;
      this.lagsUs = new long[wanted];
    }

    @Override
    public void handleBatch(
        List<ChangeEvent<String, String>> events,
        DebeziumEngine.RecordCommitter<ChangeEvent<String, String>> committer)
        throws InterruptedException {
      StringBuilder text = new StringBuilder();
      int before = seen;
      for (ChangeEvent<String, String> event : events) {
        String value = event.value();
        // Tombstones and what is no change of the table.
        if (value != null && value.contains("\"sent_us\":")) {
          if (seen < wanted) lagsUs[seen] = sentUs(value);
          seen++;
        }
        text.append(event.key()).append('\t').append(value).append('\n');
      }
      try {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
        while (bytes.hasRemaining()) file.write(bytes);
        file.force(false);
      } catch (java.io.IOException error) {
        throw new java.io.UncheckedIOException(error);
      }
      Instant now = Instant.now();
      long nowUs = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
      for (int i = before; i < Math.min(seen, wanted); i++) lagsUs[i] = nowUs - lagsUs[i];
      for (ChangeEvent<String, String> event : events) committer.markProcessed(event);
      committer.markBatchFinished();
      if (seen == before) return;
      if (before == 0) {
        firstUs = nowUs;
        firstSeen = seen;
        System.out.println("ready");
      }
      lastUs = nowUs;
      if (seen >= wanted) done.countDown();
    }

    /** The value after the change, or before it where it was deleted: the last one in the text. */
    private static long sentUs(String value) {
      int at = value.lastIndexOf("\"sent_us\":") + 10;
      long sent = 0;
      for (; at < value.length() && Character.isDigit(value.charAt(at)); at++) {
        sent = sent * 10 + value.charAt(at) - '0';
      }
      return sent;
    }

    String report(long cpuMs) {
      long[] sorted = Arrays.copyOfRange(lagsUs, Math.min(skipped, seen), Math.min(seen, wanted));
      Arrays.sort(sorted);
      return String.format(
          "{\"changes\":%d,\"firstChanges\":%d,\"firstUs\":%d,\"lastUs\":%d,\"cpuMs\":%d,\"p50Us\":%d,\"p99Us\":%d,\"maxUs\":%d}",
          seen,
          firstSeen,
          firstUs,
          lastUs,
          cpuMs,
          at(sorted, 0.5),
          at(sorted, 0.99),
          sorted.length == 0 ? 0 : sorted[sorted.length - 1]);
    }

    private static long at(long[] sorted, double part) {
      return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, sorted.length * part)];
    }
  }
}
