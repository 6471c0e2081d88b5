-- A row is a user path: quantiles of its pauses in seconds. Overlapping requests count as no pause.
WITH pauses AS (
    SELECT sessions.path,
        greatest(epoch(requests.started - lag(requests.finished) OVER visit), 0.0) AS think
    FROM requests JOIN sessions USING (session_id)
    WINDOW visit AS (PARTITION BY session_id ORDER BY requests.position)
)
SELECT path, count(*) AS pauses,
    quantile_cont(think, 0.1) AS p10,
    quantile_cont(think, 0.5) AS median,
    quantile_cont(think, 0.9) AS p90,
    quantile_cont(think, 0.99) AS p99
FROM pauses WHERE think IS NOT NULL AND path IS NOT NULL
GROUP BY path ORDER BY path
