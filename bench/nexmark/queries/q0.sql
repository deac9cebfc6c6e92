-- Pass-through: what it costs to read and write.
SELECT auction, bidder, price, `dateTime`, extra FROM bid
