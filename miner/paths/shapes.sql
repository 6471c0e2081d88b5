-- A row is one distinct way through endpoints: their codes in order, and how many sessions went so.
SELECT shape, any_value(steps) AS steps, count(*) AS sessions FROM session_shapes GROUP BY shape ORDER BY shape
