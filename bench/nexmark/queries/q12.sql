-- How many bids does a user make in each 10 seconds of processing time?
SELECT bidder, COUNT(*) AS bids, window_start, window_end
FROM TABLE(TUMBLE((SELECT *, PROCTIME() AS ptime FROM bid), DESCRIPTOR(ptime), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end
