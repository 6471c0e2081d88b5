-- Gives each of people's requests its route and endpoint: the one it was logged with, else from `templates`.
UPDATE requests SET route = NULL, endpoint = NULL;

UPDATE requests SET route = http_route, endpoint = method || ' ' || http_route
WHERE excluded IS NULL AND http_route IS NOT NULL;

UPDATE requests SET route = templates.route, endpoint = method || ' ' || templates.route
FROM templates
WHERE excluded IS NULL AND http_route IS NULL AND split_part(target, '?', 1) = templates.path;
