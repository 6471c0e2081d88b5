-- A row is a user path and the share of its requests that ended in a client error, the highest first.
SELECT sessions.path AS path, avg((status BETWEEN 400 AND 499)::INTEGER) AS share
FROM requests JOIN sessions USING (session_id) WHERE sessions.path IS NOT NULL
GROUP BY sessions.path ORDER BY share DESC, path
