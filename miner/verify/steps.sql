-- A row is one request of a session, in the order of sessions and their steps; times are microseconds.
SELECT
    session_id AS session,
    position,
    coalesce(endpoint, method || ' ?') AS endpoint,
    CAST(status AS BIGINT) AS status,
    epoch_us(started) AS started,
    epoch_us(finished) - epoch_us(started) AS duration,
    step
FROM requests
WHERE session_id IS NOT NULL
ORDER BY session_id, position
