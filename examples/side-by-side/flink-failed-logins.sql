-- The third failed login of a user within a minute, in Flink SQL: answers come as the watermark passes the rows.
CREATE TABLE logins (
  user_name STRING,
  succeeded BOOLEAN,
  logged_at TIMESTAMP(3),
  WATERMARK FOR logged_at AS logged_at
) WITH ('connector' = 'memory');

CREATE TABLE alerts (user_name STRING, failures BIGINT) WITH ('connector' = 'memory');

INSERT INTO alerts
SELECT user_name, failures FROM (
  SELECT user_name,
    COUNT(*) OVER (
      PARTITION BY user_name ORDER BY logged_at
      RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW
    ) AS failures
  FROM logins
  WHERE NOT succeeded
) WHERE failures = 3;
