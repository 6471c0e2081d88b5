-- A row is one session, in order, with the number of its way through the steps.
SELECT shape FROM session_shapes ORDER BY session_id
