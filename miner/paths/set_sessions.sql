-- walked: a row is a request of a session, in which it has a `position`; requests made at once share a `step`.
CREATE OR REPLACE TEMP TABLE walked AS
WITH counted AS (
    SELECT row, place, who, name, sender_id, endpoint_id, started, finished, turn,
        sum((coalesce(silence, 1e9) > $gap)::INTEGER) OVER visits AS visit,
        sum((silence IS NULL OR silence > $gap OR near > $together)::INTEGER) OVER visits
            AS moves
    FROM steps
    WINDOW visits AS (PARTITION BY who ORDER BY turn ROWS UNBOUNDED PRECEDING)
), visits AS (
    SELECT who, visit, min(turn) AS first_turn, min(moves) AS first_move,
        row_number() OVER (ORDER BY min(started), min(place)) AS session_id
    FROM counted GROUP BY who, visit
)
SELECT row, session_id, (turn - first_turn + 1)::INTEGER AS position, (moves - first_move + 1)::INTEGER AS step,
    name, sender_id, endpoint_id, started, finished
FROM counted JOIN visits USING (who, visit);

DROP TABLE steps;
