-- One row: how many requests people made.
SELECT count(*) AS requests FROM people
