-- Marks the requests of endpoints that nobody was ever given an answer from, and then all of those (by address
-- and agent) of whom half of 20 requests or more were probes or attacks: they are scanners.
UPDATE marked SET excluded = 'probe'
WHERE excluded IS NULL AND target_id IN (
    SELECT target_id FROM routed WHERE endpoint_id IN (
        SELECT endpoint_id FROM marked JOIN routed USING (target_id) WHERE excluded IS NULL
        GROUP BY endpoint_id HAVING bool_and(status IN (400, 404, 405))
    )
);

UPDATE marked SET excluded = 'probe'
WHERE excluded IS NULL AND sender_id IN (
    SELECT rowid FROM senders WHERE (address, agent) IN (
        SELECT (address, agent) FROM marked JOIN senders ON sender_id = senders.rowid
        WHERE address IS NOT NULL AND agent IS NOT NULL AND excluded IS DISTINCT FROM 'asset'
        GROUP BY address, agent
        HAVING count(*) >= 20 AND 2 * count(*) FILTER (WHERE excluded IN ('probe', 'attack')) >= count(*)
    )
);
