-- steps: a row is one of people's requests, with the seconds since the one before it of the same visitor ended.
-- The log's own order tells which of two requests in one tick of the clock came first; the end that was
-- stamped is the one in whole seconds, the other follows from the request time.
CREATE OR REPLACE TEMP TABLE steps AS
SELECT source_id, line, who, started, finished, stamp, epoch(started - lag(finished) OVER visits) AS silence
FROM (
    SELECT source_id, line, hash(visitor) AS who, started, finished,
        CASE WHEN epoch_us(finished) % 1000000 = 0 THEN finished ELSE started END AS stamp
    FROM requests WHERE visitor IS NOT NULL AND excluded IS NULL
)
WINDOW visits AS (PARTITION BY who ORDER BY stamp, source_id, line);
