-- Bids of each auction and day: how many, lowest, highest, average, sum.
SELECT auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`,
       COUNT(*) AS bids,
       COUNT(*) FILTER (WHERE price < 10000) AS bids_low,
       COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS bids_mid,
       COUNT(*) FILTER (WHERE price >= 1000000) AS bids_high,
       MIN(price) AS lowest, MAX(price) AS highest, AVG(price) AS average, SUM(price) AS total
FROM bid
GROUP BY auction, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd')
