-- Enrichment from a table that lies still.
SELECT b.auction, b.bidder, b.price, b.`dateTime`, s.`value`
FROM (SELECT *, PROCTIME() AS ptime FROM bid) AS b
JOIN side_input FOR SYSTEM_TIME AS OF b.ptime AS s ON MOD(b.auction, 10000) = s.`key`
