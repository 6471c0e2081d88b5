-- A row is how long one endpoint took: median seconds, and standard deviation of their log.
SELECT endpoint, median(seconds) AS median, coalesce(stddev_samp(ln(seconds)), 0) AS sigma
FROM (
    SELECT endpoint, epoch(finished - started) AS seconds FROM requests WHERE session_id IS NOT NULL
) WHERE seconds > 0 GROUP BY endpoint ORDER BY endpoint
