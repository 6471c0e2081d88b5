-- again: a row is a line of a file that is shorter than before, and was read before at the same place.
CREATE OR REPLACE TEMP TABLE again AS
SELECT line FROM requests AS new JOIN requests AS old USING (line, started, method, target, status)
WHERE new.source_id = $source_id AND old.source_id = $before
    AND new.address IS NOT DISTINCT FROM old.address AND new.agent IS NOT DISTINCT FROM old.agent
UNION ALL
SELECT line FROM rejects AS new JOIN rejects AS old USING (line, raw)
WHERE new.source_id = $source_id AND old.source_id = $before;

DELETE FROM requests WHERE source_id = $source_id AND line IN (SELECT line FROM again);

DELETE FROM rejects WHERE source_id = $source_id AND line IN (SELECT line FROM again);
