-- A row is a user path: quantiles of its pauses in seconds. Overlapping requests count as no pause.
WITH silences AS (
    SELECT sessions.path, epoch(requests.started - lag(requests.finished) OVER visit) AS seconds
    FROM requests JOIN sessions USING (session_id)
    WINDOW visit AS (PARTITION BY session_id ORDER BY requests.position)
), pauses AS (
    -- The first request of a session has no silence before it. greatest() would make a pause of that.
    SELECT path, greatest(seconds, 0.0) AS think FROM silences WHERE seconds IS NOT NULL AND path IS NOT NULL
)
SELECT path, count(*) AS pauses,
    quantile_cont(think, 0.1) AS p10,
    quantile_cont(think, 0.5) AS median,
    quantile_cont(think, 0.9) AS p90,
    quantile_cont(think, 0.99) AS p99
FROM pauses
GROUP BY path ORDER BY path
