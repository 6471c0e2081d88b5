-- rejects: a row is a line that could not be read. What is neither that nor a request is counted as blank.
INSERT INTO rejects BY NAME
SELECT
    source_id,
    line,
    agent AS reason,
    CASE WHEN $salt IS NOT NULL THEN '' ELSE coalesce(referrer, regexp_replace(target, '\r?\n?$', '')) END AS raw
FROM requests
WHERE source_id = $source_id AND method = '' AND agent != 'blank';

DELETE FROM requests WHERE source_id = $source_id AND method = '';
