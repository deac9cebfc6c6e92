-- The same by channel, with the last minute seen.
SELECT channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`, MAX(DATE_FORMAT(`dateTime`, 'HH:mm')) AS `minute`,
       COUNT(*) AS bids,
       COUNT(*) FILTER (WHERE price < 10000) AS bids_low,
       COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS bids_mid,
       COUNT(*) FILTER (WHERE price >= 1000000) AS bids_high,
       COUNT(DISTINCT bidder) AS bidders,
       COUNT(DISTINCT bidder) FILTER (WHERE price < 10000) AS bidders_low,
       COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS bidders_mid,
       COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000) AS bidders_high,
       COUNT(DISTINCT auction) AS auctions,
       COUNT(DISTINCT auction) FILTER (WHERE price < 10000) AS auctions_low,
       COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000) AS auctions_mid,
       COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000) AS auctions_high
FROM bid
GROUP BY channel, DATE_FORMAT(`dateTime`, 'yyyy-MM-dd')
