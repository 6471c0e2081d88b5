-- A row is one reason for which requests are no user steps.
SELECT excluded, count(*) AS requests FROM requests
WHERE excluded IS NOT NULL GROUP BY excluded ORDER BY requests DESC, excluded
