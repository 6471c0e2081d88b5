-- One row: the share of people's requests by visitors with 20 silences or more that differ by less than a tenth.
WITH each AS (
    SELECT count(*) AS requests, count(silence) >= 20 AND stddev(silence) < 0.1 * avg(silence) AS regular
    FROM steps GROUP BY who
)
SELECT (coalesce(sum(requests) FILTER (WHERE regular), 0) / sum(requests))::DOUBLE AS share FROM each
