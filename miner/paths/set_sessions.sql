-- Numbers the sessions by their start, and the requests in each.
UPDATE requests SET session_id = NULL, position = NULL WHERE session_id IS NOT NULL;

CREATE OR REPLACE TEMP TABLE numbered AS
WITH counted AS (
    SELECT source_id, line, who, started, stamp,
        sum((coalesce(silence, 1e9) > $gap)::INTEGER) OVER (PARTITION BY who ORDER BY stamp, source_id, line) AS visit
    FROM steps
), first_seen AS (
    SELECT who, visit, row_number() OVER (ORDER BY min(started), min((source_id, line))) AS session_id
    FROM counted GROUP BY who, visit
)
SELECT source_id, line, session_id,
    row_number() OVER (PARTITION BY session_id ORDER BY stamp, source_id, line) AS position
FROM counted JOIN first_seen USING (who, visit);

UPDATE requests SET session_id = numbered.session_id, position = numbered.position FROM numbered
WHERE requests.source_id = numbered.source_id AND requests.line = numbered.line;

DROP TABLE numbered;

DROP TABLE steps;

DELETE FROM sessions;

INSERT INTO sessions
SELECT session_id, any_value(visitor), min(started), max(finished), count(*), NULL
FROM requests WHERE session_id IS NOT NULL GROUP BY session_id ORDER BY session_id;
