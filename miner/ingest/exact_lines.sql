-- slow: a row is a line that the quick way left, as it arrived; it is no longer in `requests`.
CREATE OR REPLACE TEMP TABLE slow AS
SELECT line, CASE WHEN agent != 'line is longer than 8 MiB' THEN target END AS raw, referrer AS exact
FROM requests
WHERE source_id = $source_id AND method = '';

DELETE FROM requests WHERE source_id = $source_id AND method = '';
