-- A row is a request of sessions of at least $least requests: the first $far of each, at most $most in all. Which
-- sessions is decided by hash, so that the order of the log does not matter. `fresh`: nobody in the whole log,
-- sampled or not, had asked for the target before; `worked`: another request for it succeeded.
WITH chosen AS (
    SELECT session_id FROM sessions WHERE requests >= $least
    QUALIFY sum(least(requests, $far)) OVER (ORDER BY hash(session_id), session_id) <= $most
), asked AS (
    SELECT session_id, position, endpoint, target, status, "user", started
    FROM requests JOIN chosen USING (session_id) WHERE position <= $far
), known AS (
    SELECT target, min(started) AS first_at, count(*) FILTER (WHERE status < 400) AS successes
    FROM requests SEMI JOIN asked USING (target) GROUP BY target
)
SELECT session_id AS session, endpoint, target, status, "user" IS NOT NULL AS named, started = first_at AS fresh,
    successes > (status < 400)::INTEGER AS worked
FROM asked JOIN known USING (target)
ORDER BY started, session_id, position
