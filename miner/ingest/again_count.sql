-- A row says how many lines were read before.
SELECT count(*) AS again FROM again
