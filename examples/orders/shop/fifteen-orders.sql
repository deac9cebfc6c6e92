-- Fifteen orders of two items each, as one transaction.

SET NAMES utf8mb4;
START TRANSACTION;

INSERT INTO orders.`order`
  (orderId, orderAmount, orderStatus, shipToName, shipToAddress, shipToCity, shipToState, shipToZip) VALUES
  (10000001, 331.33, 'paid', 'Jürgen O''Brien', '221 Rua das Flores', 'Tromsø', 'Troms', '90092'),
  (10000002, 291.43, 'paid', 'Ada Müller', '143 Rua das Flores', 'Boise', 'Idaho', '83295'),
  (10000003, 410.81, 'paid', 'Amélie García', '155 Sakura-dori', 'İzmir', 'İzmir', '35873'),
  (10000004, 90.38, 'paid', 'Jürgen Yılmaz', '201 Mill Lane', 'Austin', 'Texas', '78611'),
  (10000005, 104.39, 'placed', 'Emeka Xu', '55 Rue du Lac', 'Torino', 'Piemonte', '10327'),
  (10000006, 384.34, 'placed', 'Nikos Dąbrowski', '170 Mill Lane', 'Málaga', 'Andalucía', '29076'),
  (10000007, 58.64, 'paid', 'Priya Xu', '57 Mill Lane', 'Málaga', 'Andalucía', '29014'),
  (10000008, 409.51, 'placed', 'Jürgen Hughes', '144 Rua das Flores', '京都市', '京都府', '60081'),
  (10000009, 155.14, 'shipped', 'José Koné', '213 Mill Lane', 'Torino', 'Piemonte', '10306'),
  (10000010, 405.46, 'shipped', 'Dilek Kowalczyk', '128 Hill Terrace', 'Rennes', 'Bretagne', '35921'),
  (10000011, 285.9, 'shipped', 'Tomáš García', '33 Ulica Długa', 'Rennes', 'Bretagne', '35413'),
  (10000012, 201.34, 'packed', 'Noor Quispe', '104 Oak Avenue', 'Málaga', 'Andalucía', '29756'),
  (10000013, 250.96, 'shipped', 'Chiara Xu', '122 Weidenweg', 'Tromsø', 'Troms', '90204'),
  (10000014, 504.48, 'packed', 'Nikos O''Brien', '72 Åkervägen', 'Kraków', 'Małopolskie', '30876'),
  (10000015, 270.73, 'placed', 'Noor O''Brien', '134 Hill Terrace', 'Torino', 'Piemonte', '10208');

INSERT INTO orders.order_item (orderId, itemId, itemQuantity, itemAmount, itemStatus) VALUES
  (10000001, 999900063, 3, 187.41, 'packed'),
  (10000001, 999900067, 2, 143.92, 'reserved'),
  (10000002, 999900060, 1, 40.99, 'shipped'),
  (10000002, 999900004, 4, 250.44, 'packed'),
  (10000003, 999900060, 3, 122.97, 'packed'),
  (10000003, 999900067, 4, 287.84, 'packed'),
  (10000004, 999900002, 1, 70.58, 'reserved'),
  (10000004, 999900088, 3, 19.8, 'shipped'),
  (10000005, 999900080, 3, 76.35, 'packed'),
  (10000005, 999900078, 4, 28.04, 'open'),
  (10000006, 999900060, 4, 163.96, 'shipped'),
  (10000006, 999900073, 3, 220.38, 'shipped'),
  (10000007, 999900056, 1, 39.84, 'packed'),
  (10000007, 999900068, 1, 18.8, 'open'),
  (10000008, 999900061, 3, 213.39, 'reserved'),
  (10000008, 999900085, 2, 196.12, 'packed'),
  (10000009, 999900015, 3, 64.71, 'open'),
  (10000009, 999900086, 1, 90.43, 'open'),
  (10000010, 999900042, 2, 166.26, 'reserved'),
  (10000010, 999900064, 4, 239.2, 'packed'),
  (10000011, 999900015, 2, 43.14, 'packed'),
  (10000011, 999900041, 4, 242.76, 'packed'),
  (10000012, 999900098, 4, 192.4, 'reserved'),
  (10000012, 999900059, 1, 8.94, 'open'),
  (10000013, 999900036, 4, 51.4, 'shipped'),
  (10000013, 999900025, 3, 199.56, 'reserved'),
  (10000014, 999900042, 4, 332.52, 'shipped'),
  (10000014, 999900065, 2, 171.96, 'shipped'),
  (10000015, 999900091, 4, 154.96, 'open'),
  (10000015, 999900097, 3, 115.77, 'reserved');

COMMIT;
