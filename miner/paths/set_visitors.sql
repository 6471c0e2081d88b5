-- senders know who is behind them: a visitor, where nothing better than address and agent is known.
CREATE OR REPLACE TEMP TABLE visitors AS
SELECT sender_id, visitor, CASE WHEN visitor IS NOT NULL THEN hash(visitor) END AS who FROM (
    SELECT rowid AS sender_id,
        'address ' || client || CASE WHEN $key = 'address' THEN '' ELSE coalesce(' ' || agent, '') END AS visitor
    FROM senders
);

-- visited: a row is a request of a person and the visitor who made it, as `who`; `name` is their user or session.
-- A request without a name is of whoever is named next there, if only one is within $stitch seconds.
CREATE OR REPLACE TEMP TABLE visited AS
WITH own AS (
    SELECT row, place, started, finished, endpoint_id, sender_id, who,
        CASE $key WHEN 'user' THEN "user" WHEN 'session' THEN session END AS name
    FROM people JOIN visitors USING (sender_id)
), soon AS (
    SELECT row,
        CASE WHEN min(name) OVER ahead = max(name) OVER ahead THEN min(name) OVER ahead END AS next_name
    FROM own WHERE who IN (SELECT who FROM own WHERE name IS NULL) AND $key IN ('user', 'session')
    WINDOW ahead AS (
        PARTITION BY who ORDER BY started RANGE BETWEEN CURRENT ROW AND to_seconds($stitch) FOLLOWING
    )
    QUALIFY name IS NULL
), named AS (
    SELECT * REPLACE (coalesce(name, next_name) AS name) FROM own LEFT JOIN soon USING (row)
)
SELECT * EXCLUDE (next_name) REPLACE (CASE WHEN name IS NULL THEN who ELSE hash($key, name) END AS who)
FROM named WHERE name IS NOT NULL OR who IS NOT NULL;

-- Of a sample, other visitors are left out: who is in it depends on the visitor alone.
INSERT INTO left_out SELECT row, $aside FROM visited WHERE who % 1000000 >= $sample * 1000000;

-- steps: a row is one of them, in the visitor's own `turn`, with the seconds of `silence` since the one before ended,
-- and how `near` it is to what the visitor had asked or got before: at most 0 where that was still waited for. What
-- takes long is waited for $wave seconds.
-- The log's own order tells which of two requests in one tick of the clock came first; the end that was
-- stamped is the one in whole seconds, the other follows from the request time.
CREATE OR REPLACE TEMP TABLE steps AS
WITH stamped AS (
    SELECT *, CASE WHEN epoch_us(finished) % 1000000 = 0 THEN finished ELSE started END AS stamp FROM visited
    WHERE who % 1000000 < $sample * 1000000
), followed AS (
    SELECT row, place, who, name, sender_id, endpoint_id, started, finished, row_number() OVER visits AS turn,
        epoch(started - lag(finished) OVER visits) AS silence,
        epoch(started - max(least(finished, started + to_seconds($wave))) OVER (
            visits ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )) AS idle
    FROM stamped WINDOW visits AS (PARTITION BY who ORDER BY stamp, place)
)
-- One that was asked long before but is answered later was not made with it.
SELECT * EXCLUDE (idle), least(abs(silence), CASE WHEN idle < -$wave THEN -idle ELSE idle END) AS near FROM followed;

DROP TABLE visited;
