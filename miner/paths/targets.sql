-- A row is one distinct target of people's requests that have no route, without its query.
SELECT DISTINCT split_part(target, '?', 1) AS path FROM requests
WHERE excluded IS NULL AND http_route IS NULL ORDER BY path
