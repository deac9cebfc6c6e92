CREATE TABLE t (day_ STRING, who STRING, v INT) WITH ('connector' = 'memory');
CREATE TABLE result (day_ STRING, n BIGINT, big BIGINT, d BIGINT, bigd BIGINT, none BIGINT, PRIMARY KEY (day_) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
INSERT INTO result SELECT day_, COUNT(*), COUNT(*) FILTER (WHERE v >= 5), COUNT(DISTINCT who), COUNT(DISTINCT who) FILTER (WHERE v >= 5), SUM(v) FILTER (WHERE v > 100) FROM t GROUP BY day_;
