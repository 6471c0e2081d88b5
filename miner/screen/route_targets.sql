-- A row is a distinct target, without its query, of a route with parameters.
SELECT DISTINCT route, split_part(target, '?', 1) AS path FROM requests
WHERE session_id IS NOT NULL AND contains(route, '{')
ORDER BY route, path
