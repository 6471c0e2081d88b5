-- A row is a step of a session that is in a user path, in order: the combination of endpoints that it asks, and the
-- seconds of silence before it.
WITH turns AS (
    SELECT session_id, path, step, list(coalesce(endpoint, '?') ORDER BY endpoint) AS endpoints,
        min(requests.started) AS started, max(requests.finished) AS finished
    FROM requests JOIN sessions USING (session_id)
    WHERE path IS NOT NULL
    GROUP BY session_id, path, step
)
SELECT session_id, path, dense_rank() OVER (ORDER BY endpoints) - 1 AS combination,
    epoch(started - lag(finished) OVER (PARTITION BY session_id ORDER BY step)) AS think
FROM turns
ORDER BY session_id, step
