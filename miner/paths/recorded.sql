-- One row: where the sessions come from.
SELECT (SELECT list(name ORDER BY source_id) FROM sources) AS sources,
    date_trunc('second', min(started)) AS first_at, date_trunc('second', max(finished)) AS last_at
FROM requests WHERE session_id IS NOT NULL
