-- a line
// another line, as samples write it
CREATE OR REPLACE STREAM OUT (ID INTEGER, /* in the middle */ T VARCHAR(16));
/* several
   lines; with -- both */
CREATE OR REPLACE PUMP P AS INSERT INTO OUT
  SELECT STREAM ID, -- the id
    '--no /*comment*/' -- a text
  FROM S;
