-- A row is a combination of endpoints that a step of a session in a user path asks, in order.
SELECT DISTINCT endpoints
FROM (
    SELECT list(coalesce(endpoint, '?') ORDER BY endpoint) AS endpoints
    FROM requests JOIN sessions USING (session_id)
    WHERE path IS NOT NULL
    GROUP BY session_id, step
)
ORDER BY endpoints
