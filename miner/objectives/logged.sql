-- A row is a request that a service logged of a run, by start: one that is signed by a session of the run, or one
-- between $first and $last (microseconds) if runs were not signed; the latency is in seconds, null where there is none.
WITH logged AS (
    SELECT regexp_extract(agent, 'session ([^)]*)', 1) AS session, coalesce(endpoint, method || ' ?') AS endpoint,
        CAST(status AS BIGINT) AS status, epoch_us(started) AS started, line, source_id,
        CASE WHEN coalesce(durations, true) THEN (epoch_us(requests.finished) - epoch_us(started)) / 1e6 END AS latency
    FROM requests LEFT JOIN source_facts USING (source_id)
    WHERE excluded IS NULL
)
SELECT CASE WHEN $signed THEN session END AS session, endpoint, status, started, latency
FROM logged
WHERE CASE WHEN $signed THEN session IN (SELECT session FROM sessions_sent) ELSE started BETWEEN $first AND $last END
ORDER BY started, source_id, line
