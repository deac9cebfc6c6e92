create or replace stream out_rows (Ticker varchar(8), "ticker" varchar(8), "a ""b"" c" integer);
Create Or Replace Pump p As Insert Into OUT_ROWS (TICKER, "ticker", "a ""b"" c")
  Select Stream s.ticker, S."ticker", upper_count From src As S Where s.TICKER = 'AMZN';
