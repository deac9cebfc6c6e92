-- Hot items: the auctions with the most bids of each 10 seconds, every 2 seconds.
SELECT counts.auction, counts.num
FROM (
  SELECT auction, COUNT(*) AS num, window_start AS starts, window_end AS ends
  FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
  GROUP BY auction, window_start, window_end
) AS counts
JOIN (
  SELECT MAX(hot.num) AS most, hot.starts, hot.ends
  FROM (
    SELECT COUNT(*) AS num, window_start AS starts, window_end AS ends
    FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
    GROUP BY auction, window_start, window_end
  ) AS hot
  GROUP BY hot.starts, hot.ends
) AS top
ON counts.starts = top.starts AND counts.ends = top.ends AND counts.num >= top.most
