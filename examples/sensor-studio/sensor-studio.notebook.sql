-- %% [markdown] {"id":"about"}
-- # Sensors
-- A hundred sensors say how hot they are. What is normal, and where is trouble? Run the cells from above to below.

-- %% The stream as a table {"dialect":"flink","id":"sensor-data"}
-- Readings may come up to five seconds late: the watermark waits for them.
CREATE TABLE sensor_data (
  sensor_id INT,
  current_temperature DOUBLE,
  status STRING,
  event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
  'connector' = 'stream',
  'stream' = 'sensor-readings',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

-- %% What comes in {"dialect":"flink","id":"live"}
SELECT * FROM sensor_data;

-- %% Average temperature by status {"dialect":"flink","id":"averages","view":{"kind":"bar","x":"status","y":["avg_current_temperature"]}}
SELECT status, COUNT(*) AS num, AVG(current_temperature) AS avg_current_temperature
FROM sensor_data
GROUP BY status;

-- %% The last minute, every ten seconds {"dialect":"flink","id":"hop"}
SELECT status,
       COUNT(*) AS num,
       AVG(current_temperature) AS avg_current_temperature,
       HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE) AS hop_time
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), status;

-- %% The same as lines {"dialect":"flink","id":"hop-lines","view":{"kind":"line","x":"hop_time","y":["avg_current_temperature"],"series":"status"}}
SELECT status,
       AVG(current_temperature) AS avg_current_temperature,
       HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE) AS hop_time
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), status;

-- %% [markdown] {"id":"second"}
-- ## Into a second stream
-- The next cells write the states to a stream of their own as long as they run. Make _Keep the states_ a query of the app (it is in
-- the menu of the cell), and the app does so for good, exactly once.

-- %% A stream of states {"dialect":"flink","id":"sensor-state"}
CREATE TABLE sensor_state (
  status STRING,
  num BIGINT,
  avg_current_temperature DOUBLE,
  hop_time TIMESTAMP(3)
) WITH (
  'connector' = 'stream',
  'stream' = 'sensor-state',
  'partition-key' = 'status',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

-- %% Keep the states {"dialect":"flink","id":"insert"}
INSERT INTO sensor_state
SELECT status,
       COUNT(*) AS num,
       AVG(current_temperature) AS avg_current_temperature,
       HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE) AS hop_time
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), status;

-- %% States, as they were written {"dialect":"flink","id":"states","view":{"kind":"area","x":"hop_time","y":["num"],"series":"status"}}
SELECT hop_time, status, num FROM sensor_state;
