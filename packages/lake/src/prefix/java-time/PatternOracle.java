import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;

/**
 * Prints what java.time makes of random patterns: `java PatternOracle.java SEED ROWS`. A line is
 * pattern TAB instant (ms) TAB zone TAB text, or pattern TAB - TAB - TAB error for a pattern that Java refuses. The instants
 * lie where all releases of Java and of the zone data agree: 1990 to 2023, and for UTC from the year -500 to 12000 as well.
 */
public class PatternOracle {
  static final String LETTERS = "yMdHhmsSaEeDwWYnAQqkKzZXxOVGuL";
  static final String[] LITERALS = {"/", "-", ":", ".", " ", "_", "=", ",", "'year='", "''", "'it''s '", "'T'", "'{'", "'data/'", "''''"};
  /** Patterns that people write. */
  static final String[] KNOWN = {
    "yyyy/MM/", "yyyy/MM/dd/HH/", "yyyy-MM-dd", "'year='yyyy'/month='MM'/day='dd'/hour='HH", "yyyyMMdd_HHmmss_SSS", "YYYY/'w'ww",
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "EEEE, d MMMM uuuu h:mm a z", "yyyy/DDD", "QQQ yyyy", "yy/M/d/H", "yyyy-'W'ww-e", "G yyyy", "OOOO VV",
  };
  /** Regions whose names are the same in Java 17 and in the data of browsers and Node. */
  static final String[] ZONES = {
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Sao_Paulo", "America/St_Johns", "Asia/Tokyo", "Asia/Kolkata", "Asia/Shanghai", "Asia/Singapore", "Asia/Kathmandu",
    "Asia/Tehran", "Australia/Sydney", "Australia/Adelaide", "Pacific/Auckland", "Africa/Johannesburg", "Africa/Nairobi", "Europe/Dublin",
  };
  /** Without names: only their offsets are compared. */
  static final String[] FURTHER_ZONES = {
    "Pacific/Apia", "Pacific/Chatham", "Australia/Lord_Howe", "Africa/Casablanca", "America/Caracas", "Asia/Pyongyang", "Europe/Istanbul", "Asia/Gaza",
    "Pacific/Kiritimati", "America/Santiago", "Europe/Moscow", "+05:45", "-03:00",
  };

  public static void main(String[] args) {
    Random random = new Random(Long.parseLong(args[0]));
    int rows = Integer.parseInt(args[1]);
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (int i = 0; i < rows; i++) {
      String pattern = i < rows / 20 ? KNOWN[random.nextInt(KNOWN.length)] : pattern(random);
      DateTimeFormatter formatter;
      try {
        formatter = DateTimeFormatter.ofPattern(pattern, Locale.US);
      } catch (IllegalArgumentException error) {
        out.println(pattern + "\t-\t-\t" + error.getMessage());
        continue;
      }
      boolean named = pattern.replaceAll("'[^']*'", "").contains("z");
      int kind = random.nextInt(10);
      String zone;
      Instant instant;
      if (kind == 0 && !named) {
        zone = "UTC";
        int year = random.nextInt(12500) - 500;
        instant = LocalDateTime.of(year, 1 + random.nextInt(12), 1 + random.nextInt(28), random.nextInt(24), random.nextInt(60)).toInstant(ZoneOffset.UTC);
      } else {
        zone = kind < 7 || named ? ZONES[random.nextInt(ZONES.length)] : FURTHER_ZONES[random.nextInt(FURTHER_ZONES.length)];
        instant = instant(random, ZoneId.of(zone));
      }
      String text;
      try {
        text = formatter.format(instant.atZone(ZoneId.of(zone)));
      } catch (ArrayIndexOutOfBoundsException error) {
        continue; // A fault of java.time: years of 11 to 18 letters.
      }
      out.println(pattern + "\t" + instant.toEpochMilli() + "\t" + zone + "\t" + text);
    }
    out.flush();
  }

  /** Any moment, one near New Year, or one within a second of a change of the zone's clocks. */
  static Instant instant(Random random, ZoneId zone) {
    Instant any = Instant.ofEpochMilli(631_152_000_000L + (long) (random.nextDouble() * 1_072_915_200_000L));
    switch (random.nextInt(4)) {
      case 0:
        int year = 1991 + random.nextInt(33);
        return LocalDateTime.of(year, 1, 1, 0, 0).toInstant(ZoneOffset.UTC).plusMillis(random.nextInt(1_000_000_000) - 500_000_000L);
      case 1:
        var change = zone.getRules().nextTransition(any);
        if (change != null && change.getInstant().toEpochMilli() < 1_700_000_000_000L) return change.getInstant().plusMillis(random.nextInt(2000) - 1000);
        return any;
      default:
        return any;
    }
  }

  /** Mostly right: letters as often as they may stand, now and then more often, and rarely something broken. */
  static String pattern(Random random) {
    StringBuilder text = new StringBuilder();
    int parts = 1 + random.nextInt(7);
    for (int i = 0; i < parts; i++) {
      if (random.nextInt(3) == 0) text.append(LITERALS[random.nextInt(LITERALS.length)]);
      char letter = LETTERS.charAt(random.nextInt(LETTERS.length()));
      int count = 1 + random.nextInt(random.nextInt(12) == 0 ? 7 : 4);
      if (letter == 'V' && random.nextInt(10) > 0) count = 2;
      else if ("adWhHkKms".indexOf(letter) >= 0 && random.nextInt(12) > 0) count = letter == 'a' || letter == 'W' ? 1 : 1 + random.nextInt(2);
      for (int k = 0; k < count; k++) text.append(letter);
      if (random.nextInt(300) == 0) text.append("[".repeat(random.nextInt(2))).append(random.nextBoolean() ? "]" : "{");
      if (random.nextInt(300) == 0) text.append("'");
    }
    return text.toString();
  }
}
