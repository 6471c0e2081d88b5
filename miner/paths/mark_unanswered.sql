-- Marks the requests of endpoints that nobody was ever given an answer from.
UPDATE requests SET excluded = 'probe', session_id = NULL, position = NULL
WHERE excluded IS NULL AND endpoint IN (
    SELECT endpoint FROM requests WHERE excluded IS NULL
    GROUP BY endpoint HAVING bool_and(status IN (400, 404, 405))
);
