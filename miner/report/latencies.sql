-- A row is an endpoint in a window of $width seconds, or in all of the time where `place` is null: its requests, and
-- quantiles of their durations in seconds.
WITH made AS (
    SELECT endpoint, epoch(finished) - epoch(started) AS seconds,
        floor((epoch(started) - min(epoch(started)) OVER ()) / $width)::BIGINT AS place
    FROM requests WHERE session_id IS NOT NULL
)
SELECT endpoint, place, count(*) AS n,
    quantile_cont(seconds, 0.5) AS p50, quantile_cont(seconds, 0.95) AS p95, quantile_cont(seconds, 0.99) AS p99,
    max(seconds) AS longest
FROM made
GROUP BY GROUPING SETS ((endpoint), (endpoint, place))
ORDER BY endpoint, place
