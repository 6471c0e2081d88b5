-- A row is one pause: its session, the step before and after, and seconds.
SELECT session_id, lag(code) OVER session AS "from", code AS "to",
    epoch(started - lag(finished) OVER session) AS think
FROM walks
WINDOW session AS (PARTITION BY session_id ORDER BY position)
QUALIFY "from" IS NOT NULL
ORDER BY session_id, position
