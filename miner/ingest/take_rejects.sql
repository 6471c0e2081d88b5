-- slow: a row is a line that could not be read, as it arrived; it is no longer in `rejects`.
CREATE OR REPLACE TEMP TABLE slow AS
SELECT line, raw, raw AS exact
FROM rejects
WHERE source_id = $source_id;

DELETE FROM rejects WHERE source_id = $source_id;
