-- Numbers the sessions by their start, and the requests in each.
UPDATE requests SET session_id = NULL, position = NULL;

CREATE OR REPLACE TEMP TABLE numbered AS
WITH after_silence AS (
    -- The log's own order tells which of two requests in one tick of the clock came first; the end
    -- that was stamped is the one in whole seconds, the other follows from the request time.
    SELECT source_id, line, visitor, started, finished,
        CASE WHEN epoch_us(finished) % 1000000 = 0 THEN finished ELSE started END AS stamp,
        coalesce(epoch(started - lag(finished) OVER visits) > $gap, true) AS begins
    FROM requests WHERE excluded IS NULL AND visitor IS NOT NULL
    WINDOW visits AS (PARTITION BY visitor ORDER BY stamp, source_id, line)
), counted AS (
    SELECT *, sum(begins::INTEGER) OVER (PARTITION BY visitor ORDER BY stamp, source_id, line) AS visit
    FROM after_silence
), first_seen AS (
    SELECT visitor, visit, row_number() OVER (ORDER BY min(started), visitor, visit) AS session_id
    FROM counted GROUP BY visitor, visit
)
SELECT source_id, line, session_id,
    row_number() OVER (PARTITION BY session_id ORDER BY stamp, source_id, line) AS position
FROM counted JOIN first_seen USING (visitor, visit);

UPDATE requests SET session_id = numbered.session_id, position = numbered.position FROM numbered
WHERE requests.source_id = numbered.source_id AND requests.line = numbered.line;

DROP TABLE numbered;

DELETE FROM sessions;

INSERT INTO sessions
SELECT session_id, any_value(visitor), min(started), max(finished), count(*), NULL
FROM requests WHERE session_id IS NOT NULL GROUP BY session_id ORDER BY session_id;
