-- A row is a user path with the mean number of requests of its sessions.
SELECT path, avg(requests) AS requests FROM sessions WHERE path IS NOT NULL GROUP BY path ORDER BY path
