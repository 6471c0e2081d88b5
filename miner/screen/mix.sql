-- A row is an endpoint: its requests, and those in the hour $hour (counted from 1970).
SELECT endpoint, count(*) AS requests,
    count(*) FILTER (WHERE floor(epoch(started) / 3600) = $hour) AS in_hour
FROM requests WHERE session_id IS NOT NULL
GROUP BY endpoint ORDER BY requests DESC, endpoint
