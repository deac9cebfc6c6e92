-- Average closing price by category: a maximum for each auction, an average over maxima that change.
SELECT closed.category, AVG(closed.final) AS average
FROM (
  SELECT MAX(b.price) AS final, a.category
  FROM auction AS a, bid AS b
  WHERE a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
  GROUP BY a.id, a.category
) AS closed
GROUP BY closed.category
