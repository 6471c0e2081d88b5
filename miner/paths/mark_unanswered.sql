-- Marks the requests of endpoints that nobody was ever given an answer from, and then all of those (by address
-- and agent) of whom half of 20 requests or more were probes or attacks: they are scanners.
UPDATE requests SET excluded = 'probe', session_id = NULL, position = NULL
WHERE excluded IS NULL AND endpoint IN (
    SELECT endpoint FROM requests WHERE excluded IS NULL
    GROUP BY endpoint HAVING bool_and(status IN (400, 404, 405))
);

UPDATE requests SET excluded = 'probe', session_id = NULL, position = NULL
WHERE excluded IS NULL AND (address, agent) IN (
    SELECT (address, agent) FROM requests
    WHERE address IS NOT NULL AND agent IS NOT NULL AND excluded IS DISTINCT FROM 'asset'
    GROUP BY address, agent
    HAVING count(*) >= 20 AND 2 * count(*) FILTER (WHERE excluded IN ('probe', 'attack')) >= count(*)
);
