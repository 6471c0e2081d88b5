-- slow: a row is a line that could not be read, as it arrived; it is no longer in `rejects`. Of one that is too
-- long or was read with pseudonyms not all was kept: it stays where it is.
CREATE OR REPLACE TEMP TABLE slow AS
SELECT line, raw, raw AS exact
FROM rejects
WHERE source_id = $source_id AND raw != '' AND reason != 'line is longer than 8 MiB';

DELETE FROM rejects
WHERE source_id = $source_id AND raw != '' AND reason != 'line is longer than 8 MiB';
