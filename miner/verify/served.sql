-- A row is a request of a run as its service logged it, by session and start; the duration is in seconds.
WITH signed AS (
    SELECT regexp_extract(agent, 'session ([^)]*)', 1) AS session, coalesce(endpoint, method || ' ?') AS endpoint,
        CAST(status AS BIGINT) AS status, started, finished, line
    FROM requests
)
SELECT session, row_number() OVER (PARTITION BY session ORDER BY started, line) AS position, endpoint, status, started,
    (epoch_us(finished) - epoch_us(started)) / 1e6 AS duration
FROM signed SEMI JOIN sessions_sent USING (session)
ORDER BY session, position
