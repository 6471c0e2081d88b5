-- A row is a request of one of at most $most sessions of at least $least requests, chosen by hash so that the order of
-- the log does not matter.
WITH chosen AS (
    SELECT session_id FROM sessions WHERE requests >= $least ORDER BY hash(session_id), session_id LIMIT $most
)
SELECT session_id AS session, endpoint, target, status, "user" IS NOT NULL AS named
FROM requests JOIN chosen USING (session_id)
ORDER BY started, session_id, position
