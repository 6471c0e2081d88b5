-- Gives each of people's requests its route and endpoint, from the offered table `templates`.
UPDATE requests SET route = NULL, endpoint = NULL;

UPDATE requests SET route = templates.route, endpoint = method || ' ' || templates.route
FROM templates WHERE excluded IS NULL AND split_part(target, '?', 1) = templates.path;
