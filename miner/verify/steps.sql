-- A row is one request of a session, in the order of sessions and their steps; times are microseconds.
SELECT
    session_id AS session,
    position,
    coalesce(endpoint, method || ' ?') AS endpoint,
    CAST(status AS BIGINT) AS status,
    epoch_us(requests.started) AS started,
    epoch_us(requests.finished) - epoch_us(requests.started) AS duration,
    step,
    sessions.path
FROM requests
JOIN sessions USING (session_id)
ORDER BY session_id, position
