-- A row is an endpoint and a status with which it was answered.
SELECT endpoint, status, count(*) AS requests
FROM requests WHERE session_id IS NOT NULL
GROUP BY endpoint, status ORDER BY endpoint, requests DESC, status
