-- Bids, bidders and auctions of each day by price range: twelve aggregates, eight of them distinct.
SELECT DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS `day`,
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
GROUP BY DATE_FORMAT(`dateTime`, 'yyyy-MM-dd')
