-- A row is one silence: seconds from the end of a request to the start of the visitor's next.
SELECT epoch(started - lag(finished) OVER (PARTITION BY visitor ORDER BY started, source_id, line)) AS seconds
FROM requests WHERE excluded IS NULL AND visitor IS NOT NULL
QUALIFY seconds IS NOT NULL
