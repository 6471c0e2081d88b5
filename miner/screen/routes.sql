-- A row is an endpoint of people's requests: how many, and how many distinct targets were asked for.
SELECT endpoint, count(*) AS requests, count(DISTINCT split_part(target, '?', 1)) AS targets
FROM requests WHERE session_id IS NOT NULL
GROUP BY endpoint ORDER BY requests DESC, endpoint
