-- The winning bid of each auction: a join, then the first of each by price and time.
SELECT id, itemName, description, initialBid, reserve, `dateTime`, expires, seller, category, extra,
       auction, bidder, price, bidTime, bidExtra
FROM (
  SELECT a.*, b.auction, b.bidder, b.price, b.`dateTime` AS bidTime, b.extra AS bidExtra,
         ROW_NUMBER() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.`dateTime` ASC) AS place
  FROM auction AS a, bid AS b
  WHERE a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
)
WHERE place <= 1
