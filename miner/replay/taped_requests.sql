-- A row is one request as recorded, in the order of sessions and of their steps; times are seconds since 1970.
SELECT
    session_id AS session,
    coalesce(path, '') AS path,
    CASE WHEN starts_with(sessions.visitor, 'user ') THEN substr(sessions.visitor, 6) END AS person,
    epoch_us(sessions.started) / 1e6 AS began,
    epoch_us(requests.started) / 1e6 AS started,
    coalesce(step, position) AS step,
    method,
    coalesce(route, '') AS route,
    target,
    CAST(status AS BIGINT) AS status
FROM requests
JOIN sessions USING (session_id)
WHERE epoch_us(sessions.started) / 1e6 <= $until
ORDER BY sessions.started, session_id, step, requests.started, position
