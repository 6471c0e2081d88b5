-- A row is a request of a session of a recording, by start; the latency is in seconds, null where the log has none.
SELECT
    CAST(requests.session_id AS VARCHAR) AS session,
    sessions.path,
    coalesce(endpoint, method || ' ?') AS endpoint,
    CAST(status AS BIGINT) AS status,
    epoch_us(requests.started) AS started,
    CASE WHEN coalesce(durations, true)
        THEN (epoch_us(requests.finished) - epoch_us(requests.started)) / 1e6 END AS latency
FROM requests
JOIN sessions USING (session_id)
LEFT JOIN source_facts USING (source_id)
ORDER BY requests.started, source_id, line
