-- A row is a session: its start and end in Unix seconds, and the number of its visitor.
SELECT epoch(started) AS started, epoch(finished) AS finished,
    dense_rank() OVER (ORDER BY visitor) AS visitor
FROM sessions ORDER BY session_id
