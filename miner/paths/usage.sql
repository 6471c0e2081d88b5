-- A row is one status of one endpoint: how often, how often with a user, and the log of seconds taken.
SELECT endpoint, status, count(*) AS requests, count("user") AS with_user
FROM requests WHERE session_id IS NOT NULL GROUP BY endpoint, status ORDER BY endpoint, status
