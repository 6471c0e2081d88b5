-- A row is a combination of requests that were made at once: the codes of their endpoints in order, how often, and
-- which of them mostly came first.
SELECT codes, count(*) AS times, mode(first ORDER BY first) AS first
FROM at_once GROUP BY codes ORDER BY times DESC, codes
