-- Readings that a connector of our own speaks out.
CREATE TABLE readings (hour_of_day INT, degrees INT) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '${ROWS:5}',
  'fields.hour_of_day.kind' = 'sequence',
  'fields.degrees.min' = '-5',
  'fields.degrees.max' = '30'
);

CREATE TABLE spoken (sentence STRING) WITH ('connector' = 'speak', 'voice' = 'owl', 'format' = 'raw');

INSERT INTO spoken
SELECT CONCAT('at ', CAST(hour_of_day AS STRING), ' it is ', IF(degrees < 10, 'cold', 'warm')) FROM readings;
