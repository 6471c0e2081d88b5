-- A row is one pause: its session, that session's shape, the step before and after, and seconds.
SELECT session_id, shape, lag(code) OVER session AS "from", code AS "to",
    epoch(started - lag(finished) OVER session) AS think
FROM walks JOIN session_shapes USING (session_id)
WINDOW session AS (PARTITION BY session_id ORDER BY position)
QUALIFY "from" IS NOT NULL
ORDER BY session_id, position
