-- A row is the start of one session, in Unix seconds.
SELECT epoch(started) AS started FROM sessions ORDER BY session_id
