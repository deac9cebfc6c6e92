package millrace;

import org.apache.flink.table.functions.ScalarFunction;

/** The function that Nexmark's query 14 names: how many bytes of a text equal the first byte of another. */
public class CountChar extends ScalarFunction {
  public Long eval(String text, String character) {
    long count = 0;
    if (text == null || character == null || character.isEmpty()) return count;
    byte wanted = character.getBytes(java.nio.charset.StandardCharsets.UTF_8)[0];
    for (byte each : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) if (each == wanted) count++;
    return count;
  }
}
